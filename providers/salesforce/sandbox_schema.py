"""The stand-in's kinds of records and their fields, as `describe` tells them. A small part of the real ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PREFIXES = {
    "Contact": "003",
    "Account": "001",
    "Lead": "00Q",
    "Opportunity": "006",
    "OpportunityContactRole": "00K",
    "OpportunityStage": "01J",
    "Organization": "00D",
    "User": "005",
}
_SYSTEM = "Id:id! IsDeleted:boolean! CreatedDate:datetime! LastModifiedDate:datetime! SystemModstamp:datetime!"
_PLACE = "Street:textarea City State PostalCode Country"
_MAILING = " ".join(f"Mailing{one}" for one in _PLACE.split())
_BILLING = " ".join(f"Billing{one}" for one in _PLACE.split())

_TABLE = {
    "Contact": "LastName* FirstName Salutation:picklist(Mr.|Ms.|Dr.) Email:email Phone:phone MobilePhone:phone Title "
    f"Department AccountId:reference(Account) OwnerId:reference(User) {_MAILING} MailingAddress:address! "
    "LeadSource:picklist(Web|Phone Inquiry|Partner Referral|Other) HasOptedOutOfEmail:boolean DoNotCall:boolean "
    "Description:textarea Name! Shop_Id__c:string# Favourite_Colour__c:picklist(Red|Green|Blue)",
    "Account": "Name* Website:url Phone:phone Type:picklist(Prospect|Customer|Partner) "
    "Industry:picklist(Retail|Media|Technology) NumberOfEmployees:int AnnualRevenue:currency "
    f"OwnerId:reference(User) {_BILLING} Description:textarea Shop_Id__c:string#",
    "Lead": "LastName* Company* FirstName Email:email Phone:phone Title Website:url "
    "Status:picklist(Open - Not Contacted|Working - Contacted|Closed - Converted|Closed - Not Converted) "
    f"LeadSource:picklist(Web|Phone Inquiry|Partner Referral|Other) Industry:picklist(Retail|Media|Technology) "
    f"Rating:picklist(Hot|Warm|Cold) OwnerId:reference(User) {_PLACE} Description:textarea IsConverted:boolean! "
    "ConvertedContactId:reference(Contact)! ConvertedAccountId:reference(Account)! "
    "ConvertedOpportunityId:reference(Opportunity)! Name!",
    "Opportunity": "Name* StageName:picklist* CloseDate:date* Amount:currency Probability:percent AccountId:reference"
    "(Account) OwnerId:reference(User) Type:picklist(New Business|Existing Business) NextStep LeadSource:picklist"
    "(Web|Other) Description:textarea IsClosed:boolean! IsWon:boolean!",
    "OpportunityContactRole": "OpportunityId:reference(Opportunity)* ContactId:reference(Contact)* Role "
    "IsPrimary:boolean",
    "OpportunityStage": "MasterLabel! ApiName! DefaultProbability:percent! IsActive:boolean! IsClosed:boolean! "
    "IsWon:boolean! SortOrder:int!",
    "Organization": "Name! OrganizationType! IsSandbox:boolean! InstanceName!",
    "User": "Name! Username! Email:email! IsActive:boolean! UserType!",
}
STAGES = (
    ("Prospecting", 10, False, False),
    ("Qualification", 20, False, False),
    ("Proposal/Price Quote", 75, False, False),
    ("Negotiation/Review", 90, False, False),
    ("Closed Won", 100, True, True),
    ("Closed Lost", 0, True, False),
)

Field = Mapping[str, Any]


def _field(word: str) -> dict[str, Any]:
    """One field of the table: `Name:type(choices)` with ! read-only, * required, # external id."""
    marks = word[len(word.rstrip("!*#")) :]
    name, _, rest = word.rstrip("!*#").partition(":")
    type_, _, inside = (rest or "string").partition("(")
    options = inside.rstrip(")").split("|") if inside else []
    choices = [stage[0] for stage in STAGES] if name == "StageName" else options if type_ == "picklist" else []
    writable = "!" not in marks
    return {
        "name": name,
        "label": name.removesuffix("__c").replace("_", " "),
        "type": type_,
        "nillable": "*" not in marks and type_ not in ("boolean", "id"),
        "createable": writable,
        "updateable": writable,
        "defaultedOnCreate": type_ == "boolean" or name in ("OwnerId", "Status"),
        "custom": name.endswith("__c"),
        "externalId": "#" in marks,
        "idLookup": "#" in marks or name in ("Id", "Email"),
        "referenceTo": options if type_ == "reference" else [],
        "relationshipName": name.removesuffix("Id") if type_ == "reference" else None,
        "length": 80 if type_ in ("string", "email") else 0,
        "picklistValues": [
            {"value": one, "label": one, "active": True, "defaultValue": False, "validFor": None} for one in choices
        ],
    }


def _words(table: str) -> list[str]:
    """The table's words; a space inside parentheses belongs to a choice."""
    return re.findall(r"(?:[^\s(]|\([^)]*\))+", table)


FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    kind: {field["name"]: field for field in map(_field, _words(f"{_SYSTEM} {words}"))}
    for kind, words in _TABLE.items()
}
