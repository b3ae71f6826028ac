"""The message that the demo sends to every family: plain text, at most 300 characters a language.

Like the system's own phrases, all but the English should be read by a native reader before a real
school borrows them.
"""

WELCOME: dict[str, str] = {
    "en": (
        "Welcome to the new school year in Cedar Hollow! You know your child best. What are they "
        "good at, what is hard, what should we know? Please tell us: a person reads every answer. "
        "Family evening: Thursday, September 24, 5:30 or 7:00 PM, with supper and child care."
    ),
    "es": (
        "¡Bienvenidos al nuevo año escolar en Cedar Hollow! Usted conoce mejor a su hijo o hija. "
        "¿En qué es bueno, qué le cuesta, qué debemos saber? Cuéntenos: una persona lee cada "
        "respuesta. Noche de familias: jueves 24 de septiembre, 5:30 o 7:00 PM, con cena y "
        "cuidado de niños."
    ),
    "ar": (
        "أهلًا بكم في العام الدراسي الجديد في Cedar Hollow! أنتم أعرف الناس بطفلكم. ما الذي يجيده، "
        "وما الذي يصعب عليه، وماذا ينبغي أن نعرف؟ أخبرونا: يقرأ شخص كل رد. أمسية العائلات: "
        "الخميس 24 سبتمبر، الساعة 5:30 أو 7:00 مساءً، مع عشاء ورعاية للأطفال."
    ),
    "zh-Hans": (
        "欢迎来到Cedar Hollow学区的新学年！您最了解自己的孩子。孩子擅长什么？什么让孩子觉得难？有什么是我们应该"
        "知道的？请告诉我们，每条回复都有人阅读。家庭之夜：9月24日星期四，下午5:30或晚上7:00，提供晚餐和儿童照看。"
    ),
    "vi": (
        "Chào mừng quý vị đến với năm học mới ở Cedar Hollow! Quý vị hiểu con mình nhất. Con giỏi "
        "gì, điều gì khó với con, trường nên biết điều gì? Xin cho chúng tôi biết: mỗi câu trả lời "
        "đều có người đọc. Buổi tối gia đình: thứ Năm 24 tháng 9, 5:30 hoặc 7:00 tối, có bữa tối "
        "và giữ trẻ."
    ),
    "ht": (
        "Byenveni nan nouvo ane lekòl la nan Cedar Hollow! Se ou ki konnen pitit ou pi byen. Nan "
        "kisa li fò, kisa ki difisil pou li, kisa nou dwe konnen? Di nou: yon moun li chak repons. "
        "Sware fanmi: jedi 24 septanm, 5:30 oswa 7:00 PM, ak soupe epi moun pou gade timoun."
    ),
    "so": (
        "Ku soo dhowaada sannad-dugsiyeedka cusub ee Cedar Hollow! Adiga ayaa ilmahaaga ugu "
        "yaqaan. Maxuu ku fiican yahay, maxaa ku adag, maxaan ogaano? Noo sheega: qof baa akhriya "
        "jawaab kasta. Fiidka qoysaska: Khamiis, Sebtembar 24, 5:30 ama 7:00 PM, casho iyo "
        "carruur-hayn."
    ),
    "am": (
        "ወደ Cedar Hollow አዲስ የትምህርት ዓመት እንኳን ደህና መጡ! ልጅዎን ከሁሉ በላይ የሚያውቁት እርስዎ ነዎት። ልጅዎ በምን "
        "ጎበዝ ነው? ምን ይከብደዋል? ምን ማወቅ አለብን? ይንገሩን፤ እያንዳንዱን መልስ ሰው ያነበዋል። የቤተሰብ ምሽት፦ ሐሙስ "
        "ሴፕቴምበር 24፣ 5:30 ወይም 7:00 PM፣ እራትና የልጆች እንክብካቤ አለ።"
    ),
    "prs": (
        "به سال نو تعلیمی در Cedar Hollow خوش آمدید! شما طفل خود را از همه بهتر می‌شناسید. در چه "
        "لایق است، چه برایش سخت است، ما چه باید بدانیم؟ به ما بگویید: هر جواب را یک نفر می‌خواند. "
        "شب خانواده‌ها: پنج‌شنبه 24 سپتمبر، 5:30 یا 7:00 شام، با نان شب و نگهداری اطفال."
    ),
    "ps": (
        "په Cedar Hollow کې نوي تعلیمي کال ته ښه راغلاست! تاسو خپل ماشوم تر ټولو ښه پېژنئ. په څه "
        "کې تکړه دی، څه ورته سخت دي، موږ باید په څه پوه شو؟ راته ووایئ: هر ځواب یو کس لولي. د "
        "کورنیو ماښام: پنجشنبه، د سپټمبر 24، 5:30 یا 7:00 ماښام، له ډوډۍ او د ماشومانو له پالنې سره."
    ),
    "uk": (
        "Вітаємо з новим навчальним роком у Cedar Hollow! Ви найкраще знаєте свою дитину. Що їй "
        "добре вдається, що важко, про що нам варто знати? Напишіть нам: кожну відповідь читає "
        "людина. Вечір родин: четвер, 24 вересня, 17:30 або 19:00, з вечерею та доглядом за дітьми."
    ),
    "pt": (
        "Boas-vindas ao novo ano escolar em Cedar Hollow! Ninguém conhece seu filho ou sua filha "
        "melhor. Em que vai bem, o que é difícil, o que devemos saber? Conte para nós: uma pessoa "
        "lê cada resposta. Noite das famílias: quinta, 24 de setembro, 17h30 ou 19h, com jantar e "
        "cuidado de crianças."
    ),
}

# Where the sentence about the evening begins: a roster from elsewhere gets the welcome without it.
_EVENING = {
    "en": "Family evening",
    "es": "Noche de familias",
    "ar": "أمسية العائلات",
    "zh-Hans": "家庭之夜",
    "vi": "Buổi tối gia đình",
    "ht": "Sware fanmi",
    "so": "Fiidka qoysaska",
    "am": "የቤተሰብ ምሽት",
    "prs": "شب خانواده‌ها",
    "ps": "د کورنیو ماښام",
    "uk": "Вечір родин",
    "pt": "Noite das famílias",
}


def welcome(place: str) -> dict[str, str]:
    """The welcome for another place: its name, and no evening that nobody there has planned."""
    return {
        tag: words.partition(_EVENING[tag])[0].strip().replace("Cedar Hollow", place)
        for tag, words in WELCOME.items()
    }
