"""Conservative care: has it been tried?"""

from __future__ import annotations
