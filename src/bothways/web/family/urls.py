"""Addresses that families open. Short: they are texted, printed and typed."""

from django.urls import re_path

from bothways.web.family import (
    asking,
    board,
    cases,
    entering,
    feedback,
    goals,
    hard,
    home,
    homework,
    looking_back,
    notices,
    reply,
    right,
    stop,
    survey,
    taking,
    typing,
    welcome,
    wishes,
)

urlpatterns = [
    re_path(r"^r/?$", typing.ask, name="family-code"),
    re_path(r"^sw\.js$", notices.worker, name="family-worker"),
    re_path(r"^r/(?P<typed>[^/]+)/push$", notices.notices, name="family-notices"),
    re_path(
        r"^r/(?P<typed>[^/]+)/sound/(?P<version>[0-9]{1,18})$",
        reply.sound,
        name="family-message-sound",
    ),
    re_path(r"^r/(?P<typed>[^/]+)/right/?$", right.right, name="family-right"),
    re_path(r"^r/(?P<typed>[^/]+)/?$", reply.message, name="family-message"),
    re_path(r"^hw/?$", homework.ask, name="family-homework-code"),
    re_path(r"^hw/(?P<code>[^/]{1,40})/?$", homework.homework, name="family-homework"),
    re_path(
        r"^hw/(?P<code>[^/]{1,40})/(?P<posting>[0-9]{1,18})/sound$",
        homework.sound,
        name="family-homework-sound",
    ),
    re_path(r"^s/?$", survey.ask, name="family-survey-code"),
    re_path(r"^s/(?P<typed>[^/]+)/?$", survey.survey, name="family-survey"),
    re_path(r"^stop/(?P<typed>[^/]+)/?$", stop.address, name="family-stop"),
    # Open to everybody.
    re_path(r"^changes/(?P<slug>[a-z0-9-]{1,60})/?$", board.changes, name="board"),
    # Behind the second proof. The cookie goes with these addresses alone.
    re_path(r"^home/?$", home.home, name="family-home"),
    re_path(r"^home/enter/?$", entering.enter, name="family-enter"),
    re_path(
        r"^home/enter/(?P<typed>[^/]{1,100})/?$", entering.enter_from, name="family-enter-from"
    ),
    re_path(r"^home/code/(?P<key>[0-9a-f]{32})$", entering.proof, name="family-proof"),
    re_path(r"^home/pin$", entering.pin, name="family-pin"),
    re_path(r"^home/leave$", entering.leave, name="family-leave"),
    re_path(r"^home/child/(?P<pk>[0-9]{1,18})$", home.child, name="family-child"),
    re_path(
        r"^home/sound/(?P<delivery>[0-9]{1,18})/(?P<version>[0-9]{1,18})$",
        home.sound,
        name="family-sound",
    ),
    re_path(r"^home/thanks/(?P<key>[0-9a-f]{32})$", home.thanks, name="family-thanks"),
    re_path(r"^home/ways$", wishes.ways, name="family-ways"),
    re_path(r"^home/language$", wishes.language, name="family-language"),
    re_path(r"^home/quiet$", wishes.quiet, name="family-quiet"),
    re_path(r"^home/help$", asking.help_, name="family-help"),
    re_path(r"^home/welcome$", welcome.welcome, name="family-welcome"),
    re_path(
        r"^home/welcome/sound/(?P<pk>[0-9]{1,18})$", welcome.sound, name="family-welcome-sound"
    ),
    re_path(r"^home/record$", asking.record, name="family-record"),
    re_path(r"^home/hard$", hard.hard, name="family-hard"),
    re_path(r"^home/goals$", goals.goals, name="family-goals"),
    re_path(r"^home/goal$", goals.student_goal, name="family-student-goal"),
    re_path(r"^home/said$", looking_back.said, name="family-said"),
    re_path(r"^home/sent$", looking_back.sent, name="family-sent"),
    re_path(r"^home/feedback$", feedback.feedback, name="family-feedback"),
    re_path(r"^home/looked$", looking_back.looked, name="family-looked"),
    re_path(r"^home/devices$", looking_back.devices, name="family-devices"),
    re_path(r"^home/cases$", cases.family_cases_page, name="family-cases"),
    re_path(r"^home/cases/(?P<pk>[0-9]{1,18})$", cases.family_case, name="family-case"),
    re_path(r"^home/take$", taking.take, name="family-take"),
    re_path(r"^home/take\.pdf$", taking.as_pdf, name="family-take-pdf"),
    re_path(r"^home/take\.json$", taking.as_json, name="family-take-json"),
]
