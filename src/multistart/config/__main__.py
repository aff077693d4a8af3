"""``python -m multistart.config`` in the repository makes the schema and the tables of the README anew."""

from __future__ import annotations

import json
from pathlib import Path

from multistart.config import config_schema
from multistart.config.reference import with_reference

if __name__ == "__main__":
    schema, readme = Path("workflow/schemas/config.schema.json"), Path("config/README.md")
    schema.write_text(json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    readme.write_text(with_reference(readme.read_text(encoding="utf-8")), encoding="utf-8")
