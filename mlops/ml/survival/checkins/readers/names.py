"""What the heading of a column says: which answer about a day, in which unit and on which scale."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_UNIT_WORDS = {
    "h": "h hr hrs hour hours std stunde stunden uur uren heure heures hora horas ora ore godz godziny tim timmar",
    "min": "min mins minute minutes minuten minutos minuti minuty minuter minutter",
    "s": "s sec secs second seconds sek sekunden secondes segundos secondi",
    "ms": "ms msec millis milli milliseconds",
    "bpm": "bpm countmin 1min beatsmin beatsperminute",
}
UNITS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}
_SCALE = re.compile(r"(?<![\d.])([01])\s*(?:-|–|—|\.\.|to|bis)\s*(3|4|5|6|7|9|10|100)(?![\d.])")
_PAREN = re.compile(r"[(（]([^()（）]*)[)）]")
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")

_FIELD_WORDS: dict[str, str] = {
    "sleep_hours": """
        totalsleepduration totalsleeptime sleephours hoursslept asleepduration asleep timeasleep sleepduration sleeptime
        totalsleep sleep slept hoursofsleep nightsleep tst sleepanalysistotal sleepanalysisasleep
        schlafdauer gesamtschlafdauer schlafzeit schlaf schlafstunden dureedusommeil dureesommeil sommeil
        heuresdesommeil
        duraciondelsueno horasdesueno sueno tiempodesueno duratadelsonno duratasonno sonno oredisonno duracaodosono
        horasdesono sono slaapduur slaap slaaptijd slaapuren somn sovn sovnvarighet somnlangd unenkesto uni sen
        czassnu spanek delkaspanku uyku uykusuresi uykusaati сон продолжительностьсна
        睡眠 睡眠時間 睡眠时间 睡眠时长 수면시간
    """,
    "hrv_rmssd": """
        rmssd hrvrmssd rmssdhrv heartratevariabilityrmssd hrvrmssdmilli averagermssd nightlyrmssd rmssdavg meanrmssd
        rootmeansquareofsuccessivedifferences
    """,
    "hrv_sdnn": "sdnn hrvsdnn sdnnhrv heartratevariabilitysdnn averagesdnn meansdnn",
    "hrv_ln": "lnrmssd rmssdln logrmssd hrvlnrmssd",
    "hrv": """
        hrv averagehrv avghrv hrvaverage hrvavg meanhrv nightlyhrv overnighthrv lastnighthrv hrvlastnight morninghrv
        heartratevariability averageheartratevariability hfv herzfrequenzvariabilitat herzratenvariabilitat
        vfc variabilidaddelafrecuenciacardiaca variabilidadfc variabilitedelafrequencecardiaque
        variabilitadellafrequenzacardiaca variabilidadedafrequenciacardiaca hartslagvariabiliteit hartritmevariabiliteit
        вариабельностьсердечногоритма вср 心拍変動 心率变异性 심박변이도 hrvvalue
    """,
    "resting_hr": """
        rhr restinghr restingheartrate restingpulse heartrateresting lowestrestingheartrate lowestheartrate hrlowest
        averagerestingheartrate hrrest resthr morningheartrate morninghr ruhepuls ruheherzfrequenz fcreposo fcrepos
        frecuenciacardiacaenreposo pulsoenreposo frequencecardiaqueaurepos poulsaurepos fcaurepos
        frequenzacardiacaariposo fcariposo frequenciacardiacaemrepouso rusthartslag hartslaginrust vilopuls hvilepuls
        leposyke tetnospoczynkowe klidovytep dinlenmenabzi чссвпокое пульсвпокое
        安静時心拍数 静息心率 静息心率值 안정시심박수
    """,
    "workload": "workload sessionrpeload srpeload sessionload rpeload dailyload",
    "load": "load trainingload dayload belastung trainingsbelastung carga chargedentrainement charge carico",
    "session": "srpe sessionrpe",
    "rpe": """
        rpe perceivedexertion exertion ratingofperceivedexertion icurpe rpe10 rpecr10 anstrengung belastungsempfinden
        esfuerzo effort esfuerzopercibido
    """,
    "minutes": """
        minutes trainingminutes duration trainingduration sessionduration trainingtime workoutduration minutestrained
        dauer trainingsdauer minuten trainingsminuten duree duracion durata duracao duur activeduration
    """,
    "sleep_quality": """
        sleepquality qualityofsleep schlafqualitat qualitedusommeil qualitesommeil calidaddelsueno calidadsueno
        qualitadelsonno qualidadedosono slaapkwaliteit somnkvalitet sovnkvalitet unenlaatu 睡眠の質 睡眠质量
    """,
    "stress": "stress stresslevel perceivedstress stresslevels estres stresspegel stresserleben стресс ストレス 压力",
    "soreness": """
        soreness musclesoreness doms muskelkater courbatures doloremuscular dolormuscular agujetas spierpijn
        indolenzimento dolorimuscolari dolenza traningsvark 筋肉痛
    """,
    "mood": "mood stimmung laune humeur humor estadodeanimo animo umore stemming humoer настроение 気分 心情",
    "fatigue": """
        fatigue tiredness mudigkeit ermudung erschopfung fatiga cansancio fatica stanchezza fadiga cansaco vermoeidheid
        trotthet усталость 疲労 疲劳
    """,
    "is_injured": "isinjured injured injury pain verletzt verletzung blesse lesion lesionado infortunato",
    "note": "note notes comment comments bemerkung kommentar notiz notizen notas commentaire remarques opmerking",
}
_DAY_WORDS = {
    "day": """
        date day datum tag fecha dia jour data giorno dato dag pvm paivamaara tarih gun дата день calendardate
        日付 日期 날짜 summarydate localdate logdate dateday sleepdate dateofsleep entrydate
    """,
    "end": """
        wakeonset bedtimeend waketime wakeup wakeuptime sleepend sleependtime endtime enddate enddatetime end
        sleependdate datetimeend timeend
    """,
    "moment": """
        datetime timestamp timestampmeasurement effectivetimeframe effectivetimeframedatetime datetimestart time
        measuredat createdat recordedat zeitstempel zeitpunkt zeit fechahora horodatage localtime startdatelocal
        submittedat completedat responsedate
    """,
    "start": """
        cyclestarttime sleeponset bedtimestart startdate starttime startdatetime start sleepstart sleepstarttime bedtime
        workoutstarttime activitystart begin beginn startzeit
    """,
}
_PERSON_WORDS = """
    userid user participant participantid subject subjectid person personid athlete athleteid athletename player
    playername playerid member memberid proband probandid pid
"""
_SOURCE_WORDS = "source sourcename device devicename datasource quelle fuente"


def compact(text: str) -> str:
    """A heading without case, accents, spaces and signs: "Ruhe-Herzfrequenz" and "ruheherzfrequenz" are one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(ch for ch in plain if ch.isalnum())


def _table(words: dict[str, str]) -> dict[str, tuple[str, int]]:
    return {compact(word): (name, n) for name, text in words.items() for n, word in enumerate(text.split())}


_FIELDS, _DAYS = _table(_FIELD_WORDS), _table(_DAY_WORDS)
PERSONS = frozenset(compact(word) for word in _PERSON_WORDS.split())
SOURCES = frozenset(compact(word) for word in _SOURCE_WORDS.split())
DAY_ROLES = ("day", "end", "moment", "start")
"""From the surest to the least sure: a day, the end of a night, a moment, the beginning of a night."""


@dataclass(frozen=True)
class Title:
    """A heading taken apart. `key` is the whole, `base` the same without a unit; `scale` is "1-5" or ""."""

    text: str
    key: str
    base: str
    unit: str = ""
    scale: str = ""

    def field(self) -> tuple[str, int] | None:
        """(field, rank among the words for it), or None for a heading that means nothing here."""
        return _FIELDS.get(self.key) or _FIELDS.get(self.base)

    def day_role(self) -> tuple[str, int] | None:
        """(one of DAY_ROLES, rank among its words), or None. Of a nested name the innermost part counts too."""
        found = _DAYS.get(self.key)
        if found is None and "effectivetimeframe" in self.key:
            if self.key.endswith(("enddatetime", "datetime")) and not self.key.endswith("startdatetime"):
                return "end" if self.key.endswith("enddatetime") else "moment", 0
            return ("start", 0) if self.key.endswith("startdatetime") else None
        return found


def read_title(text: str) -> Title:
    """Take a heading apart: "Asleep duration (min)" → asleepduration in min, "mood (1-5)" → mood on 1-5."""
    text = text.strip()
    scale = _SCALE.search(text)
    bare = text.replace(scale.group(0), " ") if scale else text
    unit = ""
    for inner in _PAREN.findall(bare):
        unit = UNITS.get(compact(inner), unit)
    bare = _PAREN.sub(" ", bare) if compact(_PAREN.sub(" ", bare)) else bare
    tokens = _TOKEN.findall(bare)
    kept = list(tokens)
    if len(kept) > 1 and compact(kept[-1]) in UNITS:
        unit = unit or UNITS[compact(kept.pop())]
    elif len(kept) > 1 and compact(kept[0]) in UNITS and len(kept[0]) > 2:
        unit = unit or UNITS[compact(kept.pop(0))]
    elif len(kept) == 1:
        unit = unit or UNITS.get(compact(kept[0]), "")
    said = f"{scale.group(1)}-{scale.group(2)}" if scale else ""
    return Title(text[:80], compact(bare), compact(" ".join(kept)), unit, said)
