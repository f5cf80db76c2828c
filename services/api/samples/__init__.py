"""Receivers of webhooks as the README and the OpenAPI document show them, word by word.

Never imported by the product: `tests/contract/test_samples.py` runs each against signed requests.
"""

from pathlib import Path
from typing import Final

PYTHON: Final = Path(__file__).with_name("verify.py")
TYPESCRIPT: Final = Path(__file__).with_name("verify.ts")
