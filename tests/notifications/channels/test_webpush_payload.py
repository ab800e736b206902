from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from notifications.channels.webpush_payload import decoded, encrypt, private_key

#: RFC 8291, appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
ENCRYPTED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
    "lcy4a-fN"
)


def test_the_example_of_the_standard_comes_out_byte_by_byte():
    encrypted = encrypt(PLAIN, p256dh=P256DH, auth=AUTH, ours=private_key(OURS), salt=decoded(SALT))

    assert urlsafe_b64encode(encrypted).rstrip(b"=").decode() == ENCRYPTED


def test_the_same_message_is_never_encrypted_the_same_way_twice():
    assert encrypt(PLAIN, p256dh=P256DH, auth=AUTH) != encrypt(PLAIN, p256dh=P256DH, auth=AUTH)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH),
        (P256DH[:-4], AUTH),
        (P256DH, ""),
        (P256DH, AUTH[:-4]),
        (P256DH, 7),
        ("A" * 87, AUTH),
    ],
)
def test_malformed_keys_are_refused(p256dh, auth):
    with pytest.raises(ValueError):  # noqa: PT011 - the library's words differ
        encrypt(PLAIN, p256dh=p256dh, auth=auth)
