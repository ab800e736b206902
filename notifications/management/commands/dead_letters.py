from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

import clock
from notifications.models import Urgency
from notifications.services.contact_points import addresses
from notifications.services.deliveries import dead_letters

LINE = "{id}  {ended}  {urgency:<7}  {channel:<8}  {attempts:>2} tries  {code:<28}  {kind}{late}"


class Command(BaseCommand):
    help = "List dead deliveries and disabled addresses, or retry a delivery."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retry", type=UUID, metavar="ID", help="retry this delivery")
        parser.add_argument("--limit", type=int, default=50, help="how many to list (50)")

    def handle(self, *, retry: UUID | None, limit: int, **_: Any) -> None:
        if retry is not None:
            self._retry(retry)
            return
        at, dead = clock.now(), dead_letters.all_dead()
        for row in dead[:limit]:
            line = LINE.format(
                id=row.pk,
                ended=f"{row.ended_at:%Y-%m-%d %H:%M}Z",
                urgency=Urgency(row.urgency).name.lower(),
                channel=row.channel,
                attempts=row.attempts,
                code=row.last_code or "no result",
                kind=row.notification.kind,
                late="" if row.expires_at > at else "  (too late)",
            )
            self.stdout.write(line)
        self.stdout.write(f"{dead.count()} dead")
        for point in addresses.unreachable(at=at)[:limit]:
            ended = f"{point.disabled_at:%Y-%m-%d %H:%M}Z"
            why = f"address disabled: {point.disabled_reason}"
            self.stdout.write(f"{point.pk}  {ended}  {point.channel:<8}  {why}")

    def _retry(self, delivery_id: UUID) -> None:
        try:
            dead_letters.retry(delivery_id=delivery_id, at=clock.now())
        except dead_letters.CannotBeRetried as refused:
            raise CommandError(f"Not retried: {refused}") from None
        self.stdout.write(f"{delivery_id} is on its way again")
