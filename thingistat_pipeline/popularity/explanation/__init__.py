"""What a fitted model leans on, and what a maker could change: measured on held-out data.

`ensemble` holds the trees in one form for all kernels; `groups` says which features stand for one
another; `group_importance` and its check `drop_group` say what matters; `effects_curve` how a
feature matters; `contributions` what it did for one thing; and `advice`, from these, what to do.
"""
