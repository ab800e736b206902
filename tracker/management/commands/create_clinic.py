from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

import clock
from tracker.models import Clinician
from tracker.services.clinics import clinics
from tracker.services.context import OPERATOR, Context
from tracker.services.errors import ServiceError
from tracker.services.people import invitations


class Command(BaseCommand):
    help = (
        "Open a clinic with usual hours (Monday to Friday, 8:00 to 17:00), one care team and"
        " a ladder for each priority, and print a one-use link for its administrator."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="as patients know it")
        parser.add_argument("--time-zone", required=True, help="such as America/New_York")
        parser.add_argument("--admin-email", required=True, help="who will run the clinic")
        parser.add_argument("--admin-name", default="", help="can be given on joining")
        parser.add_argument("--phone", default="", help="patients are told to call it")
        parser.add_argument("--emergency-number", default="911", help="default: 911")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["admin_email"])
            issued = self.open(options)
        except ValidationError as error:
            raise CommandError(f"--admin-email: {error.messages[0]}") from error
        except ServiceError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(
            f"{options['name']} is open. Its administrator joins here, once, within 72 hours:\n\n"
            f"    {settings.PUBLIC_URL}{issued.path}\n"
        )

    @transaction.atomic
    def open(self, options: dict[str, Any]) -> invitations.Issued:
        context = Context(OPERATOR, clock.now())
        clinic = clinics.create(
            context,
            name=options["name"],
            time_zone=options["time_zone"],
            phone=options["phone"],
            emergency_number=options["emergency_number"],
        )
        return invitations.invite_clinician(
            context,
            clinic=clinic,
            email=options["admin_email"],
            full_name=options["admin_name"],
            role=Clinician.Role.ADMINISTRATOR,
            is_administrator=True,
        )
