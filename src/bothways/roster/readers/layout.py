"""The tables and columns of OneRoster 1.1, 1.2 and School Data Sync 2.1, and what schools add."""

from bothways.roster.readers.headers import Columns

_COMMON = ("status", "dateLastModified", "identifier")
_ID = {"id": ("sourcedId", "sourceId")}
_STATUS = {"status": ()}

_ADDRESS = {
    "street": ("address", "streetAddress", "address1", "addressLine1", "mailingAddress",
               "homeAddress", "mailingStreet", "addressStreet", "street1"),
    "unit": ("street2", "address2", "addressLine2", "apt", "apartment", "apartmentNumber", "suite"),
    "city": ("town", "mailingCity", "addressCity", "homeCity"),
    "state": ("province", "stateProvince", "mailingState", "addressState", "stateAbbreviation"),
    "postal_code": ("postalCode", "zip", "zipCode", "mailingZip", "postcode", "addressZip"),
    "country": ("countryCode", "mailingCountry"),
}  # fmt: skip

ORGS = Columns(
    standard={
        **_ID,
        **_STATUS,
        "name": ("title", "orgName"),
        "type": ("orgType",),
        "parent": ("parentSourcedId",),
    },
    ignored=(*_COMMON, "metadata"),
)
SESSIONS = Columns(
    standard={
        **_ID,
        **_STATUS,
        "title": ("name",),
        "type": ("sessionType",),
        "start": ("startDate", "beginDate"),
        "end": ("endDate",),
        "parent": ("parentSourcedId",),
    },
    ignored=(*_COMMON, "schoolYear"),
)
COURSES = Columns(
    standard={**_ID, **_STATUS, "title": ("name", "courseTitle")},
    ignored=(*_COMMON, "schoolYearSourcedId", "courseCode", "code", "grades", "grade", "orgSourcedId",
             "subjects", "subject", "subjectCodes", "schoolSourcedId"),
)  # fmt: skip
CLASSES = Columns(
    standard={
        **_ID,
        **_STATUS,
        "title": ("name", "classTitle"),
        "grades": ("grade",),
        "course": ("courseSourcedId",),
        "school": ("schoolSourcedId", "orgSourcedId"),
        "terms": ("termSourcedIds", "termSourcedId", "sessionSourcedIds", "sessionSourcedId"),
    },
    ignored=(*_COMMON, "classCode", "code", "classType", "location", "subjects", "subjectCodes",
             "periods", "resources"),
)  # fmt: skip
USERS = Columns(
    standard={
        **_ID,
        **_STATUS,
        "role": (),
        "orgs": ("orgSourcedIds", "orgSourcedId", "schoolSourcedIds", "schoolSourcedId"),
        "primary_org": ("primaryOrgSourcedId",),
        "given": ("givenName", "firstName"),
        "family": ("familyName", "lastName", "surname"),
        "preferred_given": ("preferredGivenName", "preferredFirstName", "nickname"),
        "preferred_family": ("preferredFamilyName", "preferredLastName"),
        "email": ("emailAddress", "emails"),
        "sms": ("mobile", "cell", "cellPhone", "mobilePhone", "cellphone"),
        "phone": ("phoneNumber", "telephone", "homePhone", "phones"),
        "agents": ("agentSourcedIds", "agentSourcedId", "agents"),
        "grades": ("grade", "gradeLevel"),
        "username": (),
    },
    extension={
        **_ADDRESS,
        "work_phone": ("workPhone", "phone2", "otherPhone", "alternatePhone"),
        "birth_date": ("birthDate", "dateOfBirth", "dob"),
        "home_language": ("homeLanguage", "nativeLanguage", "primaryLanguage", "language", "languageCode",
                          "correspondenceLanguage", "preferredLanguage", "parentLanguage",
                          "languageOfCorrespondence", "homeLanguageCode", "contactLanguage"),
        "speaks": ("spokenLanguage", "languageSpoken", "speaksLanguage", "oralLanguage",
                   "interpreterLanguage"),
        "reads": ("writtenLanguage", "languageRead", "readsLanguage", "readingLanguage",
                  "writtenCommunicationLanguage"),
        "can_read": ("canRead", "literate", "literacy"),
        "relation": ("relationship", "relationshipType", "relationToStudent"),
        "restriction": ("restrictions", "contactRestriction", "contactRestrictions", "custody",
                        "custodyRestriction", "courtOrder", "noContact", "legalAlert"),
    },
    ignored=(*_COMMON, "enabledUser", "userIds", "userId", "middleName", "password",
             "userMasterIdentifier", "preferredMiddleName", "pronouns", "resources",
             "activeDirectoryMatchId", "fax", "phoneticGivenName", "phoneticFamilyName",
             "phoneticMiddleName", "title", "prefix", "suffix"),
)  # fmt: skip
ROLES = Columns(
    standard={
        **_STATUS,
        "user": ("userSourcedId",),
        "org": ("orgSourcedId", "schoolSourcedId"),
        "role": (),
        "kind": ("roleType",),
        "primary": ("isPrimary",),
        "grade": ("grades",),
    },
    ignored=(*_COMMON, "sourcedId", "beginDate", "endDate", "roleStartDate", "roleEndDate",
             "userProfileSourcedId", "sessionSourcedId"),
)  # fmt: skip
DEMOGRAPHICS = Columns(
    standard={
        "id": ("sourcedId", "userSourcedId"),
        **_STATUS,
        "birth_date": ("birthDate", "dateOfBirth", "birthdate"),
    },
    ignored=(*_COMMON, "sex", "gender", "birthCity", "birthState", "birthCountry", "ethnicityCodes",
             "raceCodes", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican",
             "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces",
             "hispanicOrLatinoEthnicity", "countryOfBirthCode", "stateOfBirthAbbreviation",
             "cityOfBirth", "publicSchoolResidenceStatus"),
)  # fmt: skip
RELATIONSHIPS = Columns(
    standard={
        **_STATUS,
        "user": ("userSourcedId", "studentSourcedId"),
        "other": ("relationshipUserSourcedId", "relatedUserSourcedId", "guardianSourcedId",
                  "agentSourcedId"),
        "role": ("relationshipRole", "relationship", "relation", "relationshipType"),
    },
    extension={
        "primary": ("primaryContact", "isPrimaryContact", "isPrimary"),
        "lives_with": ("livesWith", "studentLivesWith", "residesWith", "livesWithStudent"),
        "emergency": ("emergencyContact", "isEmergencyContact"),
        "priority": ("contactPriority", "contactOrder", "order", "sequence"),
        "restriction": ("contactRestrictions", "restrictions", "contactRestriction", "custody",
                        "custodyRestriction", "courtOrder", "noContact", "legalAlert"),
        "legal": ("legalGuardian", "isLegalGuardian", "hasCustody", "custodial"),
    },
    ignored=(*_COMMON, "sourcedId"),
)  # fmt: skip
ENROLLMENTS = Columns(
    standard={
        **_ID,
        **_STATUS,
        "section": ("classSourcedId", "sectionSourcedId"),
        "user": ("userSourcedId",),
        "role": (),
        "begin": ("beginDate", "startDate", "entryDate"),
        "end": ("endDate", "exitDate"),
    },
    ignored=(*_COMMON, "schoolSourcedId", "primary"),
)
MANIFEST = Columns(standard={"name": ("propertyName",), "value": ()})

# By the folded name of the file.
TABLES: dict[str, Columns] = {
    "orgs": ORGS,
    "academicsessions": SESSIONS,
    "courses": COURSES,
    "classes": CLASSES,
    "users": USERS,
    "roles": ROLES,
    "demographics": DEMOGRAPHICS,
    "relationships": RELATIONSHIPS,
    "enrollments": ENROLLMENTS,
}
