"""An API whose index of words stands still: what search costs the others is the difference."""

from unittest.mock import patch

from services.api.__main__ import main
from services.api.search import Indexer

if __name__ == "__main__":
    with patch.object(Indexer, "start"):
        main()
