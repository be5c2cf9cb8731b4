"""`python -m nmt_guide` is `nmt-guide`, for where the script is not on the path."""

from nmt_guide.cli import main

main()
