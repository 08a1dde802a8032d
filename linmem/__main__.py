"""`python -m linmem` is the command `linmem`."""

from linmem.cli import main

raise SystemExit(main())
