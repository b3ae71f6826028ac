"""What families write, and what it is taken to mean."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bothways.languages.codes import LANGUAGES
from bothways.languages.meaning import Kind, Meaning, read_reply

STOP, START, HELP = Kind.STOP, Kind.START, Kind.HELP
WRONG, ACK, AUTO, WORDS = Kind.WRONG_PERSON, Kind.ACKNOWLEDGED, Kind.AUTO_REPLY, Kind.WORDS

REPLIES: dict[str, dict[Kind, list[str]]] = {
    "en": {
        STOP: [
            "STOP",
            "stop.",
            "Stoppp!!",
            "Stop please",
            "please stop sending me these",
            "quit texting me",
            "no more please",
            "No more texts",
            "unsubscribe",
            "take me off this list",
            "Don't text me anymore",
            "I do not want to get these messages",
            "leave me alone",
            "please don't send me any more messages",
            "Lose my number",
            "STOP. He is at his dad's now.",
            "stop all these texts",
            "Remove my number from your list please",
            "I told you to stop texting me",
        ],
        START: ["START", "unstop", "Please start texting me again"],
        HELP: ["HELP", "info"],
        WRONG: [
            "wrong number",
            "Sorry wrong number!",
            "You have the wrong number",
            "I am not his mother",
            "I'm not Troy's mom",
            "I don't have kids",
            "Wrong person",
            "This is not her number",
            "I don't know this child",
            "nobody by that name here",
        ],
        ACK: [
            "1",
            "ok",
            "K",
            "okkkk",
            "ok thank you",
            "Received",
            "got it, thanks!",
            "👍",
            "👍🏽👍🏽",
            "❤️",
            "Thank you Mrs. C!",
            "thx 🙏",
            "Thanks for letting me know",
            "1️⃣",
            "Liked “Picture day is Friday”",
            "I have read this",
        ],
        AUTO: [
            "I'm driving right now",
            "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I"
            " get where I'm going.",
            "Out of office: back on Monday",
            "Automatic reply: Welcome to the year",
            "Thank you for contacting us! Our business hours are 9-5. Reply STOP to opt out.",
            "Undeliverable: your message",
        ],
        WORDS: [
            "Can the bus stop at our corner?",
            "He won't stop crying",
            "He talks non-stop",
            "non-stop",
            "please don't stop sending these",
            "Never stop texting me",
            "Why did you stop sending messages?",
            "She can stop by after school",
            "We moved last month",
            "is this about Troy?",
            "who is this",
            "ok?",
            "yes",
            "No",
            "no thank you",
            "Hello",
            "He has no more homework left",
            "I gave you the wrong number, it is 555-0100",
            "I am not his mother, I am his grandmother",
            "You have the wrong number for his dad",
            "That's not my kid's fault",
            "I'm on my way",
            "Please tell the boys to stop texting her",
            "I don't want to miss the messages",
            "I don't know this week yet",
            "2",
            "?",
            "😢",
            "Disliked “We got your message”",
            "The end of the year is hard for him",
        ],
    },
    "es": {
        STOP: [
            "pare",
            "ALTO",
            "Paren por favor",
            "no más",
            "no mas",
            "ya no me manden mensajes",
            "No me escriban más",
            "dejen de mandarme textos",
            "quiero darme de baja",
            "basta ya",
            "No quiero recibir más mensajes",
            "Quiten mi número",
            "cancelar",
            "déjenme en paz",
        ],
        START: ["empezar", "reanudar"],
        HELP: ["ayuda", "Información"],
        WRONG: [
            "número equivocado",
            "Numero equibocado"[:6] + " incorrecto",
            "no soy su mamá",
            "No tengo hijos",
            "Se equivocó",
            "Este número ya no es de ella",
            "No conozco a ese niño",
        ],
        ACK: [
            "gracias",
            "Muchas gracias maestra",
            "ok gracias",
            "recibido",
            "enterada, gracias",
            "Grasias",
            "ya lo leí",
            "está bien",
            "uno",
            "Dios la bendiga",
        ],
        AUTO: ["Respuesta automática: fuera de la oficina", "estoy manejando"],
        WORDS: [
            "para",
            "me puede llamar despues de las 6?",
            "Para Troy, por favor",
            "Es alto para su edad",
            "no dejen de mandarme mensajes",
            "Ya no vivimos ahí",
            "La maestra se equivocó con la tarea",
            "¿Cuándo es la junta?",
            "Nos mudamos el mes pasado",
            "¿recibido?",
            "sí",
            "hola",
            "Soy su abuela, no soy su mamá",
            "No es mi hijo el que empezó",
            "que pare el camión en la esquina",
        ],
    },
    "ar": {
        STOP: [
            "توقف",
            "أوقفوا الرسائل",
            "اوقفوا الرسائل من فضلكم",
            "إلغاء الاشتراك",
            "الغاء",
            "لا ترسلوا لي رسائل بعد الآن",
            "لا أريد رسائل",
            "كفى",
            "تَوَقَّفُوا",
            "احذفوا رقمي",
        ],
        START: ["ابدأ"],
        HELP: ["مساعدة"],
        WRONG: ["الرقم خطأ", "رقم غلط", "أنا لست أمه", "ليس عندي أولاد", "لا أعرف هذا الطفل"],
        ACK: ["شكرا", "شكراً جزيلاً", "حسناً", "تمام شكرا", "وصلت الرسالة", "١", "جزاكم الله خيرا"],
        AUTO: ["رد تلقائي: أنا خارج المكتب"],
        WORDS: [
            "هل يتوقف الباص عند بيتنا؟",
            "لا توقفوا الرسائل",
            "انتقلنا الشهر الماضي",
            "متى الاجتماع؟",
            "نعم",
            "السلام عليكم",
            "خلاص سأكون هناك الساعة السادسة",
            "أنا جدته وليس عندي أولاد في المدرسة غيره",
        ],
    },
    "zh-Hans": {
        STOP: [
            "停止",
            "退订",
            "不要再发了",
            "請不要再發短信給我",
            "不要再给我发信息了",
            "别发了",
            "TD",
            "取消订阅",
            "我不想再收到这些短信",
            "请删除我的号码",
        ],
        START: ["开始", "恢复"],
        HELP: ["帮助"],
        WRONG: ["你打错了", "打错电话了", "号码错了", "我不是他妈妈", "我没有孩子", "发错人了"],
        ACK: ["收到", "好的", "收到，谢谢老师", "謝謝", "知道了", "一", "１", "明白了谢谢"],
        AUTO: ["自动回复：我正在开会", "我正在开车"],
        WORDS: [
            "校车可以停在我们家门口吗？",
            "请不要停止发短信",
            "我们上个月搬家了",
            "几点开会",
            "他不停地哭",
            "收到吗？",
            "老师搞错了作业",
            "不要",
            "我是他奶奶，我不是他妈妈",
        ],
    },
    "vi": {
        STOP: [
            "Dừng",
            "dừng lại",
            "DUNG LAI",
            "ngừng nhắn tin cho tôi",
            "Đừng gửi tin nhắn cho tôi nữa",
            "dung nhan tin cho toi",
            "hủy đăng ký",
            "Xin đừng nhắn nữa",
            "tôi không muốn nhận tin nhắn",
        ],
        START: ["bắt đầu", "Bat dau lai"],
        HELP: ["trợ giúp"],
        WRONG: ["nhầm số rồi", "sai số", "lon so roi", "Tôi không phải là mẹ của em ấy"],
        ACK: ["vâng", "Dạ cảm ơn cô", "cam on thay", "đã nhận", "được rồi", "ok cám ơn", "Đã đọc"],
        AUTO: ["Trả lời tự động", "Tôi đang lái xe"],
        WORDS: [
            "Đúng",
            "Đúng rồi cô",
            "xe buýt có dừng ở góc đường không?",
            "Xin đừng ngừng gửi tin nhắn",
            "Chúng tôi đã chuyển nhà",
            "mấy giờ họp?",
            "dung",
            "Cháu không chịu dừng chơi",
        ],
    },
    "ht": {
        STOP: [
            "sispann",
            "Rete",
            "kanpe",
            "sispann voye mesaj ban mwen",
            "pa voye mesaj ankò",
            "Pa ekri m ankò",
            "m pa vle mesaj sa yo",
            "retire non m nan lis la",
            "stope",
        ],
        START: ["kòmanse", "Rekòmanse"],
        HELP: ["èd"],
        WRONG: ["move nimewo", "mwen pa manman li", "Mwen pa gen pitit", "ou tronpe nimewo"],
        ACK: ["mèsi", "Mesi anpil", "dakò", "mwen resevwa l", "ok mèsi", "m konprann", "se bon"],
        AUTO: ["repons otomatik", "m ap kondi"],
        WORDS: [
            "Èske bis la ka kanpe devan lakay mwen?",
            "pa sispann voye mesaj yo",
            "Nou demenaje mwa pase",
            "ki lè reyinyon an ye?",
            "Mwen se grann li, mwen pa manman li",
            "bonjou",
            "m pa vle",
            "fini",
        ],
    },
    "so": {
        STOP: [
            "jooji",
            "Iska jooji",
            "fadlan jooji",
            "fariimaha iga jooji",
            "ha ii soo dirin fariimo",
            "jooji fariimaha",
            "ma rabo fariimo",
            "nambarkayga tirtir",
            "ku filan",
        ],
        START: ["bilow"],
        HELP: ["caawimo"],
        WRONG: ["nambarka waa khaldan", "nambar qaldan", "ma ihi hooyadiis", "carruur ma lihi"],
        ACK: [
            "mahadsanid",
            "waan helay",
            "haye",
            "Waad mahadsan tahay macalin",
            "waan fahmay",
            "ok",
        ],
        AUTO: ["gaari baan wadaa"],
        WORDS: [
            "Baska ma joogsan karaa guriga hortiisa?",
            "ha joojin fariimaha",
            "bishii hore ayaan guurnay",
            "goorma waa shirka?",
            "waxaan ahay ayeeyadiis",
            "haa",
            "ma rabo",
            "wuu soo daahay maanta",
        ],
    },
    "am": {
        STOP: [
            "አቁሙ",
            "አቁም",
            "እባክዎ አቁሙ",
            "መልእክት መላክ አቁሙ",
            "መልዕክት አልፈልግም",
            "ከዚህ በኋላ መልእክት አትላኩልኝ",
            "በቃ",
            "ስልኬን ሰርዙ",
        ],
        START: ["ጀምር", "እንደገና ጀምሩ"],
        HELP: ["እርዳታ"],
        WRONG: ["የተሳሳተ ቁጥር", "ቁጥር ተሳስተዋል", "እኔ እናቱ አይደለሁም", "ልጅ የለኝም", "ተሳስታችኋል"],
        ACK: ["እሺ", "አመሰግናለሁ", "እሺ አመሰግናለሁ", "ደርሶኛል", "ገባኝ", "አንብቤያለሁ", "፩"],
        AUTO: ["መኪና እየነዳሁ ነው"],
        WORDS: [
            "አውቶቡሱ ቤታችን አጠገብ ይቆማል?",
            "እባካችሁ መላክ አታቁሙ",
            "ባለፈው ወር ቤት ቀየርን",
            "ስብሰባው መቼ ነው?",
            "አልፈልግም",
            "አያቱ ነኝ",
            "ሰላም",
            "አዎ",
        ],
    },
    "prs": {
        STOP: [
            "توقف",
            "بس کنید",
            "لطفاً بس کنید",
            "دیگر به من پیام نفرستید",
            "پیام نفرستید",
            "پیام های تان را قطع کنید",
            "شماره مرا حذف کنید",
            "لغو",
            "من پیام نمی‌خواهم",
        ],
        START: ["شروع", "دوباره شروع کنید"],
        HELP: ["کمک"],
        WRONG: ["شماره غلط است", "نمبر اشتباه", "من مادرش نیستم", "من طفل ندارم", "اشتباه گرفتید"],
        ACK: ["تشکر", "بسیار تشکر", "خوب است", "دریافت شد", "درست است تشکر", "۱", "فهمیدم"],
        AUTO: ["پاسخ خودکار"],
        WORDS: [
            "آیا بس پیش خانه ما ایستاد می شود؟",
            "چرا دیگر پیام نمی فرستید؟",
            "ماه گذشته کوچ کردیم",
            "جلسه چه وقت است؟",
            "معلم نو را نمی شناسم",
            "من مادرکلان او هستم، مادرش نیستم",
            "بلی",
            "سلام",
        ],
    },
    "ps": {
        STOP: [
            "بس",
            "بس کړئ",
            "مهرباني وکړئ بند کړئ",
            "نور پیغامونه مه رالېږئ",
            "ماته پیغام مه رالیږئ",
            "ودروئ",
            "لغوه",
            "زما شمېره حذف کړئ",
        ],
        START: ["پیل", "بیا پیل کړئ"],
        HELP: ["مرسته"],
        WRONG: ["غلطه شمېره", "شمېره غلطه ده", "زه یې مور نه یم", "زه ماشوم نه لرم"],
        ACK: ["مننه", "ډېره مننه", "سمه ده", "ښه مننه", "پوه شوم", "ترلاسه شو", "۱"],
        AUTO: ["اتومات ځواب"],
        WORDS: [
            "ایا بس زموږ د کور مخې ته درېږي؟",
            "مه بندوئ",
            "تېره میاشت مو کډه وکړه",
            "غونډه څه وخت ده؟",
            "زه یې انا یم",
            "هو",
            "سلام",
            "نه غواړم",
        ],
    },
    "uk": {
        STOP: [
            "стоп",
            "СТОП!!!",
            "припиніть",
            "не пишіть мені більше",
            "Будь ласка, не надсилайте мені повідомлення",
            "відписатися",
            "досить",
            "видаліть мій номер",
            "не хочу отримувати повідомлення",
            "не пишите мне больше",
        ],
        START: ["старт", "відновити"],
        HELP: ["допомога"],
        WRONG: [
            "неправильний номер",
            "Ви помилилися номером",
            "я не його мама",
            "у мене немає дітей",
        ],
        ACK: ["дякую", "Дуже дякую!", "добре", "отримала, дякую", "зрозуміло", "спасибо", "ок"],
        AUTO: ["автоматична відповідь", "я за кермом"],
        WORDS: [
            "чи зупиняється автобус біля нас?",
            "будь ласка, не припиняйте писати",
            "ми переїхали минулого місяця",
            "коли збори?",
            "він не перестає плакати",
            "я його бабуся, я не його мама",
            "так",
            "не треба",
            "Добрий день",
        ],
    },
    "pt": {
        STOP: [
            "pare",
            "Parem por favor",
            "parar",
            "não me mandem mais mensagens",
            "nao quero mais receber",
            "parem de me mandar mensagens",
            "cancelar",
            "Chega!",
            "tirem meu número",
            "me deixem em paz",
        ],
        START: ["começar", "recomeçar"],
        HELP: ["ajuda"],
        WRONG: ["número errado", "não sou a mãe dele", "não tenho filhos", "foi engano"],
        ACK: [
            "obrigada",
            "muito obrigado professora",
            "ok obg",
            "recebi",
            "entendi",
            "valeu",
            "um",
        ],
        AUTO: ["Resposta automática", "estou dirigindo"],
        WORDS: [
            "para",
            "o ônibus pode parar na esquina?",
            "não parem de mandar mensagens",
            "mudamos no mês passado",
            "que horas é a reunião?",
            "sou a avó, não sou a mãe dele",
            "Bom dia",
            "sim",
            "não quero",
        ],
    },
}

DANGERS = {
    "en": [
        "he says he wants to die",
        "She talks about killing herself",
        "There is a boy with a gun at school",
        "his stepdad hits him",
        "my husband beats us",
        "he brought a knife",
        "My son is missing",
        "somebody kidnapped her",
        "I think she overdosed",
        "She is being abused at home",
        "He's cutting himself",
        "they said they will shoot up the school",
        "i dont want to live anymore",
        "call 911",
        "She is afraid to go home",
        "suicidal",
        "help me please",
    ],
    "es": [
        "dice que se quiere morir",
        "mi hijo habla de suicidio",
        "trae una pistola a la escuela",
        "su padrastro le pega",
        "Mi esposo me golpea",
        "lo voy a matar",
        "se llevaron a mi hija",
        "tiene un cuchillo",
        "no llegó a la casa",
        "abuso sexual",
        "sobredosis",
        "ya no quiere vivir",
        "me amenaza",
        "tiene miedo de regresar a casa",
        "auxilio",
    ],
    "ar": [
        "يريد أن يموت",
        "ابني يفكر في الانتحار",
        "معه مسدس في المدرسة",
        "أبوه يضربه",
        "زوجي يضرب الأطفال",
        "سيقتلني",
        "خطفوا ابنتي",
        "معه سكين",
        "النجدة",
    ],
    "zh-Hans": [
        "他说他想死",
        "她想自杀",
        "他带枪去学校",
        "爸爸打孩子",
        "老公打我",
        "她被爸爸打了",
        "孩子失踪了",
        "有人綁架了我女兒",
        "他说要杀人",
        "救命",
        "家暴",
    ],
    "vi": [
        "cháu nói muốn chết",
        "con tôi muốn tự tử",
        "no muon tu tu",
        "có súng ở trường",
        "bố đánh con",
        "chồng tôi đánh tôi",
        "con tôi bị bắt cóc",
        "nó cầm dao",
        "bị lạm dụng",
        "cứu tôi với",
    ],
    "ht": [
        "li di li vle mouri",
        "li vle touye tèt li",
        "li gen zam lekòl la",
        "papa l ap bat li",
        "mari m bat mwen",
        "yo kidnape pitit mwen",
        "li gen kouto",
        "vyolans lakay",
        "anmwe",
    ],
    "so": [
        "wuxuu rabaa inuu dhinto",
        "way is dili rabtaa",
        "qori ayuu iskuulka keenay",
        "aabihiis wuu garaacaa",
        "waa la afduubay",
        "toori ayuu haystaa",
        "waxaan ka cabsanayaa aabihiis guriga",
        "wuu i dilayaa",
        "booliska u yeer",
    ],
    "am": [
        "ራሱን ማጥፋት ይፈልጋል",
        "መሞት እፈልጋለሁ አለ",
        "ሽጉጥ ይዞ ትምህርት ቤት መጣ",
        "አባቱ ይደበድበዋል",
        "ሊገድለኝ ነው",
        "ልጄ ጠፋ",
        "ቢላዋ አለው",
        "ተደፈረች",
        "አድኑኝ",
    ],
    "prs": [
        "او می خواهد بمیرد",
        "پسرم از خودکشی گپ می زند",
        "در مکتب تفنگچه دارد",
        "پدرش او را لت می کند",
        "شوهرم مرا می زند",
        "دخترم را اختطاف کردند",
        "چاقو دارد",
        "مرا تهدید می کند",
        "می‌خواهد خودش را بکشد",
    ],
    "ps": [
        "هغه غواړي چې مړ شي",
        "ځان وژنه",
        "په ښوونځي کې ټوپک لري",
        "پلار یې وهي",
        "زما زوی یې وتښتاوه",
        "چاقو لري",
        "وژني مې",
        "تاوتریخوالی په کور کې",
        "خپل ځان وژنم",
    ],
    "uk": [
        "він каже, що хоче померти",
        "донька говорить про самогубство",
        "у нього пістолет у школі",
        "вітчим його б'є",
        "чоловік б’є мене",
        "викрали мою дитину",
        "прийшов з ножем",
        "він хоче вбити себе",
        "не хочу жить",
        "рятуйте",
        "передозування",
    ],
    "pt": [
        "ele diz que quer morrer",
        "minha filha fala em suicídio",
        "tem uma arma na escola",
        "o padrasto bate nele",
        "meu marido me bate",
        "ele trouxe uma faca",
        "levaram meu filho",
        "abuso",
        "tem medo de voltar para casa",
        "ela apanha do pai",
        "socorro",
    ],
}

HARMLESS = {
    "en": [
        "He is killing it in math",
        "We are dying to see the play",
        "shoot me an email",
        "My feet are killing me",
        "Troy is missing two assignments",
        "He loves to shoot hoops",
        "nerf gun party on Saturday",
        "They are reading To Kill a Mockingbird",
        "he is missing his lunch box",
        "Hit me up when you can",
        "he does not want to live with his dad",
        "photo shoot on Friday",
        "beat him at chess",
        "Liked “If someone is in danger call 911”",
    ],
    "es": ["me mata de risa", "pistola de agua", "le pegó la gripa", "el autobús no llegó"],
    "ar": ["يحتاج قلم رصاص", "أموت من الضحك"],
    "zh-Hans": ["请打我电话", "我累死了", "书包不见了", "水枪"],
    "vi": ["mệt muốn chết", "con đánh răng rồi", "súng nước", "tu tu em tra loi"],
    "ht": ["m mouri ri", "pistolè dlo"],
    "so": ["telefoon ii soo garaac"],
    "am": ["ቦርሳው ጠፍቷል"],
    "prs": ["بسیار طول می کشد", "معلم مرا زنگ زد"],
    "ps": ["زنګ وهي"],
    "uk": ["краще пізніше, ніж ніколи", "пропав зошит", "шукаю швидку відповідь"],
    "pt": ["bom dia", "matar a saudade", "eu tiro a foto", "morrendo de rir"],
}


def _cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in table.items() for text in texts]


@pytest.mark.parametrize(
    ("language", "kind", "text"),
    [
        (language, kind, text)
        for language, kinds in REPLIES.items()
        for kind, texts in kinds.items()
        for text in texts
    ],
)
def test_a_reply_means_what_a_person_would_say_it_means(
    language: str, kind: Kind, text: str
) -> None:
    meaning = read_reply(text, language)
    assert (meaning.kind, meaning.danger) == (kind, False), meaning
    assert read_reply(text).kind == kind


@pytest.mark.parametrize(("language", "text"), _cases(DANGERS))
def test_words_of_danger_are_never_missed(language: str, text: str) -> None:
    meaning = read_reply(text, language)
    assert meaning.danger
    assert meaning.danger_matched


@pytest.mark.parametrize(("language", "text"), _cases(HARMLESS))
def test_everyday_idioms_raise_no_alarm(language: str, text: str) -> None:
    assert read_reply(text, language).danger_matched == ""


@pytest.mark.parametrize(
    "text",
    [
        "Gün sonunda görüşürüz",
        "Perdón por la molestia",
        "El nuevo uniforme de los Raptors",
        "Faça uma escolha",
        "لقد تجاوزت الموعد",
    ],
)
def test_everyday_words_of_one_language_are_no_danger_in_another(text: str) -> None:
    assert read_reply(text).danger_matched == ""


def test_every_language_of_the_mission_has_its_cases() -> None:
    assert set(REPLIES) == set(DANGERS) == set(LANGUAGES)
    for language, kinds in REPLIES.items():
        assert sum(map(len, kinds.values())) + len(DANGERS[language]) >= 30
        assert set(kinds) == set(Kind) - {Kind.EMPTY}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stop", ["STOP", "stop texting me", "no más", "停止"])
def test_danger_is_reported_beside_a_stop(language: str, stop: str) -> None:
    meaning = read_reply(f"{stop}. {DANGERS[language][0]}", language)
    assert meaning.danger


def test_a_stop_with_a_gun_in_it_is_both() -> None:
    meaning = read_reply("Stop texting me, he has a gun at school", "en")
    assert (meaning.kind, meaning.danger) == (Kind.STOP, True)
    assert meaning.matched == "stop texting me"
    assert meaning.danger_matched == "gun"
    assert meaning.also == {Kind.WORDS}


def test_wrong_number_and_stop_in_one_message_are_both_kept() -> None:
    meaning = read_reply("Wrong number, stop texting me")
    assert (meaning.kind, meaning.also) == (Kind.WRONG_PERSON, frozenset({Kind.STOP}))


def test_more_words_beside_a_stop_are_for_a_person_to_read() -> None:
    meaning = read_reply("Please stop texting me. Troy moved to his aunt in Ohio last week")
    assert (meaning.kind, meaning.also) == (Kind.STOP, frozenset({Kind.WORDS}))


@pytest.mark.parametrize("text", ["", "   ", "\n", "...", "\u200b\u202e", "-", "> what you wrote"])
def test_nothing_is_empty(text: str) -> None:
    assert read_reply(text) == Meaning(Kind.EMPTY)


def test_an_everyday_word_of_one_language_alarms_only_for_families_of_the_other() -> None:
    assert not read_reply("bom", "pt").danger
    assert read_reply("bom", "vi").danger
    assert not read_reply("AP Chem homework", "en").danger


@pytest.mark.parametrize(
    "writing",
    ["خودکشی", "خود‌کشی", "خودكشي", "خُودکُشی", "\u202bخودکشی\u202c", "خودکشی!!!"],
)
def test_arabic_letters_are_one_whatever_the_keyboard(writing: str) -> None:
    assert read_reply(writing, "prs").danger


def test_a_very_long_message_is_read_in_time_and_its_end_is_not_ignored() -> None:
    assert read_reply("blah " * 5_000 + " he wants to die").danger
    assert read_reply("want " * 100_000).kind == WORDS


def test_characters_that_unfold_into_many_are_cut_too() -> None:
    started = time.perf_counter()
    assert read_reply("\ufdfa" * 40_000).kind == WORDS  # one of them is eighteen letters long
    assert time.perf_counter() - started < 3


KNOWN = sorted(
    {t for kinds in REPLIES.values() for texts in kinds.values() for t in texts}
    | {t for texts in DANGERS.values() for t in texts}
)
PLAIN = [t for t in KNOWN if not set(t) & set("?？؟“”>") and any(c.isalnum() for c in t)]
padding = st.text(alphabet=" \t\n.!,;…。！،\u200b\u200f\u202a\u2067\ufeff", max_size=8)


@given(st.sampled_from(PLAIN), padding, padding, st.sampled_from([str.upper, str.title, str]))
@settings(max_examples=300, deadline=None)
def test_case_punctuation_and_padding_change_nothing(
    text: str, before: str, after: str, case: "type[str]"
) -> None:
    expected, seen = read_reply(text), read_reply(before + case(text) + after)
    assert (seen.kind, seen.danger) == (expected.kind, expected.danger)


@given(st.text(max_size=300), st.sampled_from([None, "xx", "es-MX", "zh-TW", "fa", *LANGUAGES]))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_meaning(text: str, language: str | None) -> None:
    assert isinstance(read_reply(text, language), Meaning)


@given(st.lists(st.sampled_from(KNOWN), min_size=2, max_size=4))
@settings(max_examples=200, deadline=None)
def test_danger_is_found_whatever_stands_around_it(parts: list[str]) -> None:
    text = "\n".join([*parts, "he has a gun at school", *parts])
    assert read_reply(text).danger
