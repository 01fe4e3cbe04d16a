"""Categories, tags and words: everything in the catalogue that is a name.

The ten top categories and their shares are those of ThingiPano's 1,017,687 things (categories of
964,711 known); the seventy subcategories and all words are made up. A subcategory has a shape
family, which is what its pictures show, and a vocabulary of tags, the frequent ones first.
"""

from dataclasses import dataclass
from itertools import chain


def words(text: str) -> tuple[str, ...]:
    """Return the words of a comma-separated list."""
    return tuple(text.split(","))


@dataclass(frozen=True)
class Subcategory:
    """A subcategory: name, shape family of its pictures, tags in order of frequency."""

    name: str
    shape: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class TopCategory:
    """A top category: name, slug, number of things in ThingiPano, its subcategories."""

    name: str
    slug: str
    things: int
    parts: tuple[Subcategory, ...]


def _part(name: str, shape: str, tags: str) -> Subcategory:
    return Subcategory(name, shape, words(tags))


TOP_CATEGORIES: tuple[TopCategory, ...] = (
    TopCategory(
        "Household",
        "household",
        191_418,
        (
            _part("Kitchen & Dining", "bowl", "kitchen,food,cup,spoon rest,bowl,baking,jar"),
            _part("Bathroom", "bottle", "bathroom,toothbrush,soap dish,shower,razor,towel"),
            _part("Containers", "box", "box,storage,container,lid,stackable,gridded,organizer"),
            _part("Decor", "vase", "vase,decor,home,spiral vase,planter,lamp,lithophane"),
            _part("Office", "desk_stand", "desk,pen holder,office,paper,business card,cable"),
            _part("Outdoor & Garden", "tree", "garden,plant,pot,hose,seedling,greenhouse,bird"),
            _part("Replacement Parts", "bracket", "replacement part,spare,knob,clip,hinge,bracket"),
        ),
    ),
    TopCategory(
        "3D Printing",
        "3d-printing",
        184_697,
        (
            _part("3D Printer Parts", "bracket", "printer part,mount,fan duct,upgrade,belt,x axis"),
            _part(
                "3D Printer Extruders", "gear", "extruder,hotend,nozzle,direct drive,gear,bowden"
            ),
            _part(
                "3D Printer Accessories", "spool", "spool holder,filament,accessory,led,enclosure"
            ),
            _part("3D Printers", "frame", "frame,corexy,delta,diy printer,z axis,linear rail"),
            _part(
                "3D Printing Tests",
                "test_block",
                "calibration,test,cube,overhang,tolerance,torture",
            ),
            _part("Filament Guides", "hook", "filament guide,roller,bearing,guide,ptfe,sensor"),
            _part("Spool Storage", "ring_stack", "spool,rack,dry box,desiccant,winder,swatch"),
        ),
    ),
    TopCategory(
        "Art",
        "art",
        123_367,
        (
            _part("2D Art", "plaque", "wall art,2d,stencil,line art,poster,silhouette"),
            _part("Art Tools", "cylinder_set", "brush,palette,art tool,clay,paint rack,roller"),
            _part("Coins & Badges", "coin", "coin,badge,medal,emblem,challenge coin,token"),
            _part("Interactive Art", "knot", "kinetic,optical illusion,light,moving,mechanism"),
            _part("Math Art", "knot", "math,fractal,voronoi,parametric,torus,mobius,polyhedron"),
            _part("Scans & Replicas", "bust", "scan,bust,statue,photogrammetry,museum,head"),
            _part("Signs & Logos", "plaque", "sign,logo,letters,nameplate,text,door sign"),
        ),
    ),
    TopCategory(
        "Hobby",
        "hobby",
        111_073,
        (
            _part("Automotive", "wheel", "car,dashboard,automotive,truck,mirror,clip,wheel"),
            _part("DIY", "bracket", "diy,woodworking,maker,jig,repair,clamp"),
            _part("Electronics", "box", "electronics,case,arduino,enclosure,raspberry pi,pcb"),
            _part("Music", "guitar", "music,guitar,pick,stand,drum,synth"),
            _part("R/C Vehicles", "car", "rc,drone,quadcopter,fpv,servo,chassis"),
            _part("Robotics", "robot", "robot,servo,arm,gripper,walker,wheels"),
            _part("Sport & Outdoors", "dumbbell", "bike,fishing,golf,sport,camping,target"),
        ),
    ),
    TopCategory(
        "Fashion",
        "fashion",
        110_465,
        (
            _part("Accessories", "ring", "accessory,belt,buckle,hair,button,bag"),
            _part("Bracelets", "ring_stack", "bracelet,bangle,cuff,wrist,charm"),
            _part("Costume", "helmet", "cosplay,costume,mask,helmet,prop,armor"),
            _part("Earrings", "ring", "earring,jewelry,hoop,dangle,stud"),
            _part("Glasses", "frame", "glasses,sunglasses,holder,frame,lens"),
            _part("Keychains", "keychain", "keychain,name tag,key,custom,gift,letters"),
            _part("Rings", "ring", "ring,jewelry,wedding,signet,size,gem"),
        ),
    ),
    TopCategory(
        "Toys & Games",
        "toys-and-games",
        66_555,
        (
            _part("Chess", "pawn", "chess,board game,pawn,knight,piece set"),
            _part(
                "Construction Toys", "brick", "brick,building,construction,block,connector,marble"
            ),
            _part("Dice", "dice", "dice,d20,dice tower,rpg,tray,roll"),
            _part("Games", "board", "game,card holder,tokens,insert,boardgame,tiles"),
            _part("Mechanical Toys", "gear", "fidget,spinner,mechanical,gear toy,print in place"),
            _part("Playsets", "house", "playset,dollhouse,train,castle,figure"),
            _part("Puzzles", "puzzle", "puzzle,burr,maze,brain teaser,interlocking"),
        ),
    ),
    TopCategory(
        "Gadgets",
        "gadgets",
        61_460,
        (
            _part("Audio", "dish", "audio,speaker,headphone,earbud,amplifier,horn"),
            _part("Camera", "camera", "camera,lens,tripod,gopro,cap,slider"),
            _part("Computer", "box", "computer,pc,ssd,keycap,laptop,fan,hub"),
            _part("Mobile Phone", "desk_stand", "phone,stand,dock,case,charger,holder"),
            _part("Portable Devices", "box", "battery,portable,handheld,power bank,holster"),
            _part("Tablet", "desk_stand", "tablet,stand,mount,wall mount,stylus"),
            _part("Video Games", "controller", "game,controller,console,cartridge,joystick,retro"),
        ),
    ),
    TopCategory(
        "Tools",
        "tools",
        55_462,
        (
            _part("Hand Tools", "wrench", "tool,wrench,handle,plier,hammer,spanner"),
            _part("Machine Tools", "gear", "cnc,lathe,mill,dust,vise,router"),
            _part("Measuring", "ruler", "ruler,gauge,caliper,measure,level,angle"),
            _part("Organization", "rack", "tool holder,pegboard,organizer,rack,bin,wall"),
            _part("Parts & Fasteners", "bolt", "bolt,nut,screw,washer,thread,fastener"),
            _part("Parametric Parts", "spring", "parametric,openscad,spring,bearing,coupler"),
            _part("Tool Holders", "hook", "holder,hook,bit holder,drill,socket,battery mount"),
        ),
    ),
    TopCategory(
        "Models",
        "models",
        43_745,
        (
            _part("Animals", "animal", "animal,cat,dog,dragon,dinosaur,flexi,bird"),
            _part("Buildings", "house", "building,house,architecture,castle,tower,terrain"),
            _part("Creatures", "animal", "creature,monster,dragon,alien,mini,fantasy"),
            _part("Model Furniture", "chair", "furniture,chair,table,scale,miniature,sofa"),
            _part("Robots", "robot", "robot,mech,android,articulated,toy"),
            _part("People", "bust", "figure,people,bust,character,sculpture,soldier"),
            _part("Vehicles", "rocket", "rocket,space,ship,plane,tank,vehicle,train"),
        ),
    ),
    TopCategory(
        "Learning",
        "learning",
        16_469,
        (
            _part("Biology", "molecule", "biology,cell,anatomy,dna,skeleton,heart"),
            _part("Chemistry", "molecule", "chemistry,molecule,atom,lab,test tube"),
            _part("Engineering", "gear", "engineering,mechanism,bridge,gearbox,stem"),
            _part("Geography", "terrain", "map,terrain,globe,mountain,city,topography"),
            _part("Math", "polyhedron", "math,geometry,polyhedron,fraction,solid"),
            _part("Physics", "dish", "physics,pendulum,optics,astronomy,telescope"),
            _part("Assistive Technology", "hand", "assistive,prosthetic,braille,grip,hand"),
        ),
    ),
)

SUBCATEGORIES: tuple[Subcategory, ...] = tuple(chain.from_iterable(t.parts for t in TOP_CATEGORIES))
PARTS_PER_TOP = 7
LIVE_SHARE = 0.3528
"""Share of ids that are live: 3,528 of 10,000 random ids in the field."""
UNCATEGORISED_SHARE = 1 - 964_711 / 1_017_687
"""Share of things without any category, as in ThingiPano."""

GENERAL_TAGS: tuple[str, ...] = words(
    "openscad,customizer,holder,3d,fusion 360,cool,easy,useful,no supports,simple,mini,print,"
    "modular,quick print,tinkercad,wall mount,magnet,adapter,fun,prototype"
)
CUSTOMIZED_TAG = "customized"
RARE_TAGS = 40_000
"""Number of tags that hardly anybody else uses (part numbers, own names)."""

ADJECTIVES: tuple[str, ...] = words(
    "simple,parametric,improved,compact,modular,adjustable,tiny,sturdy,foldable,lightweight,"
    "universal,printable,stackable,low-poly,quick,reinforced,magnetic,snap-fit,articulated,"
    "hollow"
)
SUFFIXES: tuple[str, ...] = words(
    "v2,remix,for Ender 3,with text,(no supports),XL,kit,mount,mini,set,with magnets,2020,"
    "rev B,for M3 screws,60mm,dual,upgrade,test,left and right,final"
)
PRINTERS: tuple[str, ...] = words(
    "Northwind One,Ferro Mk3,Larch Mini,Basalt Pro,Kestrel Delta,Otter 3,Homebuilt,Quarry XL"
)
FILAMENTS: tuple[str, ...] = ("PLA", "PETG", "ABS", "TPU", "Resin", "Wood PLA")
LICENSES: tuple[str, ...] = (
    "Creative Commons - Attribution",
    "Creative Commons - Attribution - Share Alike",
    "Creative Commons - Attribution - Non-Commercial",
    "Creative Commons - Attribution - Non-Commercial - Share Alike",
    "Creative Commons - Public Domain Dedication",
    "Creative Commons - Attribution - No Derivatives",
    "GNU - GPL",
    "BSD License",
)
USER_WORDS: tuple[str, ...] = words(
    "amber,basalt,birch,brass,cedar,cobalt,copper,coral,dusty,ember,fern,flint,granite,hazel,"
    "indigo,juniper,larch,lunar,maple,misty,nickel,ochre,olive,opal,pewter,quartz,russet,"
    "sable,slate,tin,umber,violet"
)
USER_NOUNS: tuple[str, ...] = words(
    "badger,crane,dormouse,falcon,finch,gecko,heron,ibex,jackdaw,kestrel,lynx,magpie,marten,"
    "newt,otter,owl,plover,quail,raven,sparrow,stoat,swift,tapir,tern,toad,vole,walrus,"
    "weasel,wren,yak,zander,zebu"
)
PLACES: tuple[str, ...] = (
    "",
    "",
    "",
    "Northland",
    "Eastbank",
    "Old Harbour",
    "São Tomé 🌴",
    "Übertal",
)


def slug_of(name: str) -> str:
    """Return a category's slug: lower case, words joined by hyphens."""
    words = name.lower().replace("&", "and").replace("/", " ").split()
    return "-".join(words)


def tag_key(name: str) -> str:
    """Return a tag's normalised key, as the API writes it in `tag` and in addresses."""
    return name.lower().replace(" ", "_")
