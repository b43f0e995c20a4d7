"""The stand-in's service accounts: one key pair, made for this file and good nowhere else, kept as its numbers."""

from __future__ import annotations

import json
from functools import cache

from joserfc.jwk import RSAKey

PROJECT = "sandbox-project"
KEY_ID = "5a0db0c5a0db0c5a0db0c5a0db0c5a0db0c5a0db"

_NUMBERS: dict[str, str | list[str]] = {
    "kty": "RSA",
    "n": (
        "lq2zhnFvZDh7dGvp19XRE-WaxT8YkKBMOfbWAQ6NTKzhyS0RVyRyYgNoju3l4Ue9kmWUIl40R5lULu6P3nrQch-3v4uSiUNF"
        "CJt2oezO5y8h7l7Ja-o8SRWkNb3W--v9gH6MSTtn3XluFhIgKXha7Wyz75jYdinWZm_TODelBqjyuIApb1xvUWSQoyi99VS6"
        "TQAn3o1Q8iurPSDLFgxtWdFNoZmwGw65_QinGEXuH-6KNDHy2_fg-yuP8l1SXyiS9yQGPhziW1XOZARbcwfKwPJ6x2d5Ew1E"
        "-ZaxEKh89IJ6NqE9LoDVTdqMTbMpEBeSI5wf1f7baQShtnFLUL_QVQ"
    ),
    "e": "AQAB",
    "d": (
        "DUDdFBvBLQMM1NozGOF9QO9GtEfO_NWkrsqH21Lw2cgxGfVlW5FgoD9lgIDrYeviAFD__R_lIFEbxv8D15Fc6VTh4C7CJmGs"
        "3ktyXV7Leik6plFfDSduwwzswy9eDA2fYCCBbWWUxrXKGZXhj1Q_RzfzAcWjcI1QhvUaEo1Obi3mkneNxn7ehPqVOJmJ2CHD"
        "cotCb37x_eBbEbj5Mw2xF91hmOM9mxXn4sen8RuHWSDfmT_HAUv0yDBF7jpc47xaWLK6H2Pq4CV6gGjt_a4JArzrQs7R9klm"
        "lWioraEKNFTh4tt8eZTgaGbWgvuD8PvC8rECW8I-iI_231vnK9H-dw"
    ),
    "p": (
        "xXMAzFeASTuq_d0lBmuJ8y0lsNX2ICBcDspWPG3EKibgUE9u3ChrImafonx7pVYHeSxg51fzw8dbRudibOZPD_r3jYUPX0aH"
        "ccHc5g-vshIndKmVm6AMngANRFd-wpo2366yGJrDL7MyepaYfSRBBe_5P46axEVw0XuQVw1Qpoc"
    ),
    "q": (
        "w1wvcAJysniIM_kHoKMwj7tYTQhlYr56MP7bkdTaL7kJqSy8sSkVufmCO57bErwrjvicm6Ts6A9IvdF6hleNxGX6B7Hg-r2R"
        "0yVSRiGYJiYluxks5J3dMmKqhz7N8Lz4TbEE0oFAMJgi7sAj7zO6e9a7od8Ls7bRaaENprbNrUM"
    ),
    "dp": (
        "kXLPErgea1QF-O4v-RO80iLe0e47WZ0c01RfxDIDwB1VPjPVcV5g1T2NuK9Ekh3WcX-sfp6-lejEJ24Jhjj94sK4G0r6cO_O"
        "lJD_fYXuohlXcUv_Rl3XDYjyPPbLDOV3KL1Sumc_A2NY-w72k7DiKVKGZDhTb-PLYLVKNaY8U_8"
    ),
    "dq": (
        "IZO2k4nYLNSKlGQ462Mg9ZM9mf_XbSFP3xvuoSH0Xj9vaaRGyixFj7FSsOycupuc4PXZ9OZj0X7PAdD_PhfORfNBBhGMmYv7"
        "hE7l1Sfw_p2P3ph1HtYDLqXGqXgh7T6Nbsz-BzAv2CpN1rsvce1yH9bIaQns-PZzB7SmpADHWQ"
    ),
    "qi": (
        "exR2JaeK5lWOe9xeOb4iZqWz5xlONG52-SyrWZB16uVINHay-wQuPyWbqFI1tqF_u6Kcqu24A_R_QlboQc-QEbElDEiRkRIO"
        "BbQU2lp3VAk1qcAQUvvFhqYzRLi-0LgZdKgBhmSo0vJwpZcrdMbygksdPw5okIBJ3Mfumi6WjOU"
    ),
}


@cache
def key() -> RSAKey:
    return RSAKey.import_key(_NUMBERS)


def email_of(who: str) -> str:
    return f"{who}@{PROJECT}.iam.gserviceaccount.com"


@cache
def key_file(who: str) -> str:
    """The file that Google would hand out for the account of `who` (see `sandbox_access`)."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": KEY_ID,
            "private_key": key().as_pem(private=True).decode(),
            "client_email": email_of(who),
            "client_id": "100000000000000000001",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )
