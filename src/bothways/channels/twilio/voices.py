"""Which languages the carrier's voices speak.

Source: Twilio, "Text-to-Speech", the table of voices (Amazon Polly and Google), a standard or better voice
for each. A language that is not here is not read by the voice of another one: Haitian Creole in a French
mouth, or Pashto in an Arabic one, is noise to those who are called. It needs a human recording.
"""

from bothways.channels.twilio.twiml import Voice

VOICES: dict[str, Voice] = {
    "ar": Voice("Polly.Zeina", "arb"),
    "de": Voice("Polly.Vicki", "de-DE"),
    "en": Voice("Polly.Joanna", "en-US"),
    "es": Voice("Polly.Lupe", "es-US"),
    "es-ES": Voice("Polly.Lucia", "es-ES"),
    "es-MX": Voice("Polly.Mia", "es-MX"),
    "fil": Voice("Google.fil-PH-Wavenet-A", "fil-PH"),
    "fr": Voice("Polly.Lea", "fr-FR"),
    "fr-CA": Voice("Polly.Chantal", "fr-CA"),
    "hi": Voice("Polly.Aditi", "hi-IN"),
    "it": Voice("Polly.Bianca", "it-IT"),
    "ja": Voice("Polly.Takumi", "ja-JP"),
    "ko": Voice("Polly.Seoyeon", "ko-KR"),
    "pl": Voice("Polly.Ewa", "pl-PL"),
    "pt": Voice("Polly.Camila", "pt-BR"),
    "pt-PT": Voice("Polly.Ines", "pt-PT"),
    "ro": Voice("Polly.Carmen", "ro-RO"),
    "ru": Voice("Polly.Tatyana", "ru-RU"),
    "tl": Voice("Google.fil-PH-Wavenet-A", "fil-PH"),
    "tr": Voice("Polly.Filiz", "tr-TR"),
    "uk": Voice("Google.uk-UA-Wavenet-A", "uk-UA"),
    "vi": Voice("Google.vi-VN-Wavenet-A", "vi-VN"),
    "yue": Voice("Google.yue-HK-Standard-A", "yue-HK"),
    "zh": Voice("Polly.Zhiyu", "cmn-CN"),
    "zh-Hans": Voice("Polly.Zhiyu", "cmn-CN"),
    "zh-Hant": Voice("Google.cmn-TW-Wavenet-A", "cmn-TW"),
}


def voice_for(tag: str) -> Voice | None:
    """The voice for a language tag: its own, or that of the language without its region; else None."""
    parts = tag.split("-")
    steps = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((VOICES[step] for step in steps if step in VOICES), None)
