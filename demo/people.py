"""Names of invented people. Their addresses are of reserved domains (RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    full: str
    sex: str

    @property
    def email(self) -> str:
        return self.full.lower().replace(" ", ".").replace("'", "") + "@example.org"


@dataclass(frozen=True, slots=True)
class Staff:
    """Someone who works at the clinic."""

    name: str
    email: str
    role: str
    is_administrator: bool = False


CLINIC = "Harbor Street Back Clinic"
CLINIC_ZONE = "America/New_York"
CLINIC_PHONE = "+1 207 555 0140"

ADMINISTRATOR = Staff("Ruth Adeyemi", "ruth.adeyemi@harborstreet.example", "administrator", True)
NURSE = Staff("Elena Vasquez", "elena.vasquez@harborstreet.example", "nurse")
PHYSICIAN = Staff("Dr. Samuel Okonkwo", "samuel.okonkwo@harborstreet.example", "physician")
SECOND_PHYSICIAN = Staff("Dr. Hanna Lindqvist", "hanna.lindqvist@harborstreet.example", "physician")
THERAPIST = Staff("Tom Whitefeather", "tom.whitefeather@harborstreet.example", "physical_therapist")
STAFF = (NURSE, PHYSICIAN, SECOND_PHYSICIAN, THERAPIST)

NAMES = tuple(
    Name(full, sex)
    for sex, names in (
        (
            "female",
            "Amara Nwosu,Beatriz Fonseca,Chloe Tremblay,Dolores Aguilar,Eun-ji Park,"
            "Fatima Benali,Grace Holloway,Ingrid Solberg,Jasmine Whitaker,Keala Mahoe,"
            "Leila Haddad,Margaret O'Shea,Nadia Petrova,Priya Raman,Rosa Cavallaro,"
            "Shanice Baptiste,Tamar Levy,Wanda Kowalczyk",
        ),
        (
            "male",
            "Andre Fontaine,Bogdan Ionescu,Carlos Mendieta,Darnell Jackson,Emeka Obi,"
            "Faisal Rahmani,Giorgos Pappas,Hiroshi Tanabe,Ivan Dragic,Jamal Carter,"
            "Kofi Mensah,Liam Gallagher,Mateo Quispe,Nikhil Deshpande,Owen Begay,"
            "Pedro Salgado,Stefan Brandt,Thanh Vo",
        ),
    )
    for full in names.split(",")
)
