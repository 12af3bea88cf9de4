"""Nothing of a submission's folder may run in the trusted process; this folder's own helpers may."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

collect_ignore = ["exercise", "submissions"]
