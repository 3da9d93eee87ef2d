"""Sentences in other languages for the foreign pages of the toy crawl, with slots so that no two pages are alike.

Slots: ``{n}`` and ``{m}`` names of people, ``{p}`` a place, ``{d}`` a day of the week, ``{k}`` a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulator.world.crawl_content import Block, Content


@dataclass(frozen=True)
class Tongue:
    """A language: its sentences, headings, days, and the words that its web sites have around the text."""

    code: str
    titles: tuple[str, ...]
    days: tuple[str, ...]
    names: tuple[str, ...]
    places: tuple[str, ...]
    menu: tuple[str, ...]
    cookies: str
    footer: str
    sentences: tuple[str, ...]


TONGUES = (
    Tongue(
        "de",
        ("Neues aus {p}", "Ein Besuch in {p}", "Leute von {p}", "Die Woche in {p}"),
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        ("Anna", "Jürgen", "Käthe", "Bernd", "Lotte", "Moritz", "Ulrike", "Stefan"),
        ("Lindenau", "Waldheim", "Steinbach", "Grünwald", "Neustadt", "Altenburg"),
        ("Startseite", "Nachrichten", "Über uns", "Kontakt", "Impressum"),
        "Diese Seite verwendet Cookies, um Ihnen das beste Erlebnis zu bieten.",
        "Alle Rechte vorbehalten. Datenschutz und Nutzungsbedingungen.",
        (
            "{n} wohnt seit {k} Jahren in {p} und arbeitet als Bäcker in der Nähe der Mühle.",
            "Am {d} gingen {n} und {m} zusammen auf den Markt, um frisches Obst zu kaufen.",
            "Die Kinder spielten im Garten, während die Großmutter einen Apfelkuchen backte.",
            "In {p} gibt es einen alten Brunnen, der schon lange kein Wasser mehr führt.",
            "{n} hat einen kleinen Hund, der jeden Morgen vor der Tür wartet.",
            "Der Zug nach {p} fährt am {d} erst um {k} Uhr ab.",
            "Wer die Stadt besuchen möchte, sollte im Frühling kommen, wenn die Bäume blühen.",
            "{m} erzählte uns, dass der Winter in {p} früher viel kälter war.",
            "Wir haben {k} Bücher gelesen und darüber bis spät in die Nacht gesprochen.",
            "Das Wetter wird am {d} wieder schöner, und viele Leute fahren an den See.",
            "{n} sammelt Muscheln und hat schon mehr als {k} verschiedene gefunden.",
            "Nach dem Essen sangen alle ein Lied, das {m} geschrieben hatte.",
            "Der Bürgermeister von {p} eröffnete am {d} die neue Schule.",
            "Niemand wusste, warum die Uhr am Turm plötzlich stehen geblieben war.",
        ),
    ),
    Tongue(
        "fr",
        ("Des nouvelles de {p}", "Une visite à {p}", "Les gens de {p}", "La semaine à {p}"),
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        ("Camille", "Étienne", "Margaux", "Luc", "Hélène", "Rémi", "Chloé", "Antoine"),
        ("Valmont", "Beaulieu", "Saint-Clair", "Fontenay", "Montreuil", "Rochefort"),
        ("Accueil", "Actualités", "À propos", "Contact", "Mentions légales"),
        "Ce site utilise des cookies pour vous offrir la meilleure expérience possible.",
        "Tous droits réservés. Politique de confidentialité et conditions générales.",
        (
            "{n} habite à {p} depuis {k} ans et travaille dans une petite librairie près de la gare.",
            "Le {d}, {n} et {m} sont allés au marché pour acheter des fruits frais.",
            "Les enfants jouaient dans le jardin pendant que leur grand-mère préparait une tarte aux pommes.",
            "À {p}, il y a une vieille fontaine qui ne donne plus d'eau depuis longtemps.",
            "{n} a un petit chien qui l'attend chaque matin devant la porte.",
            "Le train pour {p} ne part qu'à {k} heures le {d}.",
            "Si vous voulez visiter la ville, venez plutôt au printemps, quand les arbres sont en fleurs.",
            "{m} nous a raconté que les hivers étaient autrefois beaucoup plus froids à {p}.",
            "Nous avons lu {k} livres et nous en avons parlé jusque tard dans la nuit.",
            "Il fera plus beau {d}, et beaucoup de gens iront se promener au bord du lac.",
            "{n} collectionne les coquillages et en possède déjà plus de {k}.",
            "Après le repas, tout le monde a chanté une chanson que {m} avait écrite.",
            "Le maire de {p} a inauguré la nouvelle école {d}.",
            "Personne ne savait pourquoi l'horloge de la tour s'était arrêtée.",
        ),
    ),
    Tongue(
        "es",
        ("Noticias de {p}", "Una visita a {p}", "La gente de {p}", "La semana en {p}"),
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        ("Lucía", "Javier", "Carmen", "Andrés", "Inés", "Pablo", "Rocío", "Álvaro"),
        ("Villanueva", "Robledo", "Montalbán", "Aldea del Río", "Peñaflor", "Olivares"),
        ("Inicio", "Noticias", "Quiénes somos", "Contacto", "Aviso legal"),
        "Este sitio utiliza cookies para ofrecerle la mejor experiencia posible.",
        "Todos los derechos reservados. Política de privacidad y condiciones de uso.",
        (
            "{n} vive en {p} desde hace {k} años y trabaja en una panadería cerca del molino.",
            "El {d}, {n} y {m} fueron juntos al mercado para comprar fruta fresca.",
            "Los niños jugaban en el jardín mientras la abuela preparaba un pastel de manzana.",
            "En {p} hay una fuente antigua que ya no da agua desde hace mucho tiempo.",
            "{n} tiene un perro pequeño que la espera cada mañana delante de la puerta.",
            "El tren hacia {p} no sale hasta las {k} el {d}.",
            "Quien quiera conocer la ciudad debería venir en primavera, cuando florecen los árboles.",
            "{m} nos contó que antes los inviernos eran mucho más fríos en {p}.",
            "Hemos leído {k} libros y hemos hablado de ellos hasta muy tarde por la noche.",
            "El {d} hará mejor tiempo y mucha gente irá a pasear junto al lago.",
            "{n} colecciona conchas y ya ha encontrado más de {k} diferentes.",
            "Después de comer, todos cantaron una canción que había escrito {m}.",
            "El alcalde de {p} inauguró la nueva escuela el {d}.",
            "Nadie sabía por qué el reloj de la torre se había parado de repente.",
        ),
    ),
    Tongue(
        "it",
        ("Notizie da {p}", "Una visita a {p}", "La gente di {p}", "La settimana a {p}"),
        ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        ("Giulia", "Matteo", "Chiara", "Lorenzo", "Elena", "Davide", "Nicolò", "Beatrice"),
        ("Castelvecchio", "Montefiore", "Borgo San Pietro", "Valleverde", "Pontelungo", "Roccabella"),
        ("Pagina iniziale", "Notizie", "Chi siamo", "Contatti", "Note legali"),
        "Questo sito utilizza i cookie per offrirti la migliore esperienza possibile.",
        "Tutti i diritti riservati. Informativa sulla privacy e condizioni d'uso.",
        (
            "{n} abita a {p} da {k} anni e lavora in una piccola libreria vicino alla stazione.",
            "{n} e {m} sono andati insieme al mercato per comprare della frutta fresca.",
            "I bambini giocavano in giardino mentre la nonna preparava una torta di mele.",
            "A {p} c'è una vecchia fontana che non dà più acqua da molto tempo.",
            "{n} ha un cagnolino che ogni mattina aspetta davanti alla porta.",
            "Il treno per {p} parte soltanto alle {k} di {d}.",
            "Chi vuole visitare la città dovrebbe venire in primavera, quando gli alberi sono in fiore.",
            "{m} ci ha raccontato che una volta gli inverni a {p} erano molto più freddi.",
            "Abbiamo letto {k} libri e ne abbiamo parlato fino a tarda notte.",
            "Il tempo sarà più bello {d}, e molte persone andranno a passeggiare lungo il lago.",
            "{n} raccoglie conchiglie e ne ha già trovate più di {k}.",
            "Dopo cena tutti hanno cantato una canzone che {m} aveva scritto.",
            "Il sindaco di {p} ha inaugurato la nuova scuola {d}.",
            "Nessuno sapeva perché l'orologio della torre si fosse fermato.",
        ),
    ),
    Tongue(
        "nl",
        ("Nieuws uit {p}", "Een bezoek aan {p}", "De mensen van {p}", "De week in {p}"),
        ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        ("Sanne", "Joris", "Fleur", "Bram", "Marijke", "Thijs", "Annelies", "Wouter"),
        ("Oudewater", "Zandvliet", "Molenbeek", "Groenlo", "Kerkdorp", "Hoogeveen"),
        ("Startpagina", "Nieuws", "Over ons", "Contact", "Voorwaarden"),
        "Deze website gebruikt cookies om u de beste ervaring te bieden.",
        "Alle rechten voorbehouden. Privacybeleid en algemene voorwaarden.",
        (
            "{n} woont al {k} jaar in {p} en werkt als bakker vlak bij de oude molen.",
            "Op {d} gingen {n} en {m} samen naar de markt om vers fruit te kopen.",
            "De kinderen speelden in de tuin terwijl hun grootmoeder een appeltaart bakte.",
            "In {p} staat een oude fontein waar al lang geen water meer uit komt.",
            "{n} heeft een kleine hond die elke ochtend voor de deur zit te wachten.",
            "De trein naar {p} vertrekt op {d} pas om {k} uur.",
            "Wie de stad wil bezoeken, kan het beste in het voorjaar komen, als de bomen bloeien.",
            "{m} vertelde ons dat de winters in {p} vroeger veel kouder waren.",
            "Wij hebben {k} boeken gelezen en er tot diep in de nacht over gepraat.",
            "Het weer wordt {d} weer mooier, en veel mensen gaan dan naar het meer.",
            "{n} verzamelt schelpen en heeft er al meer dan {k} gevonden.",
            "Na het eten zongen ze allemaal een lied dat {m} had geschreven.",
            "De burgemeester van {p} opende {d} de nieuwe school.",
            "Niemand wist waarom de klok op de toren plotseling was blijven stilstaan.",
        ),
    ),
    Tongue(
        "pt",
        ("Notícias de {p}", "Uma visita a {p}", "A gente de {p}", "A semana em {p}"),
        ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
        ("Inês", "João", "Beatriz", "Tiago", "Leonor", "Gonçalo", "Conceição", "Rui"),
        ("Vila Nova", "Ribeira Grande", "Monte Belo", "Alvorada", "Lagoinha", "Pedra Alta"),
        ("Início", "Notícias", "Quem somos", "Contacto", "Aviso legal"),
        "Este site utiliza cookies para lhe oferecer a melhor experiência possível.",
        "Todos os direitos reservados. Política de privacidade e condições de utilização.",
        (
            "{n} mora em {p} há {k} anos e trabalha numa padaria perto do moinho.",
            "{n} e {m} foram juntos à feira para comprar fruta fresca.",
            "As crianças brincavam no jardim enquanto a avó preparava uma torta de maçã.",
            "Em {p} há uma fonte antiga que já não dá água há muito tempo.",
            "{n} tem um cão pequeno que espera todas as manhãs à frente da porta.",
            "O comboio para {p} só parte às {k} horas.",
            "Quem quiser visitar a cidade deve vir na primavera, quando as árvores estão em flor.",
            "{m} contou-nos que antigamente os invernos eram muito mais frios em {p}.",
            "Lemos {k} livros e conversámos sobre eles até altas horas da noite.",
            "O tempo vai melhorar até {d}, e muitas pessoas irão passear junto ao lago.",
            "{n} coleciona conchas e já encontrou mais de {k} diferentes.",
            "Depois do jantar, todos cantaram uma canção que {m} tinha escrito.",
            "O presidente da câmara de {p} inaugurou a nova escola.",
            "Ninguém sabia por que razão o relógio da torre tinha parado.",
        ),
    ),
    Tongue(
        "ru",
        ("Новости города {p}", "Поездка в {p}", "Жители города {p}", "Неделя в городе {p}"),
        ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье"),
        ("Анна", "Иван", "Мария", "Сергей", "Ольга", "Пётр", "Наталья", "Алексей"),
        ("Каменск", "Озёрск", "Берёзово", "Старый Оскол", "Заречье", "Новогорск"),
        ("Главная", "Новости", "О нас", "Контакты", "Правила"),
        "Этот сайт использует файлы cookie, чтобы сделать вашу работу удобнее.",
        "Все права защищены. Политика конфиденциальности и условия использования.",
        (
            "{n} уже {k} лет живёт в городе {p} и работает в пекарне рядом с мельницей.",
            "В {d} {n} и {m} вместе пошли на рынок, чтобы купить свежие фрукты.",
            "Дети играли в саду, пока бабушка пекла яблочный пирог.",
            "В городе {p} есть старый фонтан, в котором давно нет воды.",
            "У соседки по имени {n} есть маленькая собака, которая каждое утро ждёт у двери.",
            "Поезд до станции {p} отправляется в {d} только в {k} часов.",
            "Тем, кто хочет увидеть город, лучше приехать весной, когда цветут деревья.",
            "{m} рассказывает, что раньше зимы здесь были гораздо холоднее.",
            "Мы прочитали {k} книг и говорили о них до поздней ночи.",
            "В {d} погода станет лучше, и многие поедут гулять к озеру.",
            "{n} собирает ракушки, и в коллекции их уже больше {k}.",
            "После ужина все пели песню, которую никто раньше не слышал.",
            "Мэр города {p} открыл новую школу в {d}.",
            "Никто не знал, почему часы на башне вдруг остановились.",
        ),
    ),
    Tongue(
        "el",
        ("Νέα από τη {p}", "Μια επίσκεψη στη {p}", "Οι άνθρωποι της πόλης {p}", "Η εβδομάδα στη {p}"),
        ("Δευτέρα", "Τρίτη", "Τετάρτη", "Πέμπτη", "Παρασκευή", "Κυριακή"),
        ("η Ελένη", "η Μαρία", "ο Γιώργος", "ο Νίκος", "η Κατερίνα", "ο Δημήτρης"),
        ("Καλλιθέα", "Λυγαριά", "Αγία Μαρίνα", "Ελαιώνα", "Νεάπολη", "Πέτρα"),
        ("Αρχική", "Ειδήσεις", "Σχετικά με εμάς", "Επικοινωνία", "Όροι χρήσης"),
        "Αυτός ο ιστότοπος χρησιμοποιεί cookies για να σας προσφέρει την καλύτερη εμπειρία.",
        "Με την επιφύλαξη παντός δικαιώματος. Πολιτική απορρήτου και όροι χρήσης.",
        (
            "Εδώ και {k} χρόνια {n} μένει στη {p} και δουλεύει στον φούρνο κοντά στον μύλο.",
            "Την {d} {n} και {m} πήγαν μαζί στην αγορά για να αγοράσουν φρέσκα φρούτα.",
            "Τα παιδιά έπαιζαν στον κήπο ενώ η γιαγιά έφτιαχνε μηλόπιτα.",
            "Στη {p} υπάρχει μια παλιά βρύση που δεν έχει νερό εδώ και πολύ καιρό.",
            "Κάθε πρωί ένα μικρό σκυλί περιμένει μπροστά στην πόρτα μέχρι να βγει {n}.",
            "Το τρένο για τη {p} φεύγει την {d} στις {k}.",
            "Όποιος θέλει να δει την πόλη πρέπει να έρθει την άνοιξη, όταν ανθίζουν τα δέντρα.",
            "Όπως μας είπε {m}, παλιά οι χειμώνες ήταν πολύ πιο κρύοι.",
            "Διαβάσαμε {k} βιβλία και μιλούσαμε γι' αυτά μέχρι αργά τη νύχτα.",
            "Την {d} ο καιρός θα είναι καλύτερος και πολλοί θα πάνε στη λίμνη.",
            "Κοχύλια μαζεύει {n} και έχει βρει ήδη περισσότερα από {k}.",
            "Μετά το φαγητό όλοι τραγούδησαν ένα τραγούδι που έγραψε {m}.",
            "Ο δήμαρχος εγκαινίασε την {d} το νέο σχολείο.",
            "Κανείς δεν ήξερε γιατί σταμάτησε ξαφνικά το ρολόι του πύργου.",
        ),
    ),
)

FEWEST, MOST = 8, 14
"""Sentences on a page; each comes at most once."""


def foreign(tongue: Tongue, random: Random) -> Content:
    """The main content of a page in another language."""
    picks = random.sample(tongue.sentences, random.randint(FEWEST, MOST))
    lines = [_filled(pattern, tongue, random) for pattern in picks]
    blocks = [Block("h1", _filled(random.choice(tongue.titles), tongue, random))]
    while lines:
        size = random.randint(2, 4)
        blocks.append(Block("p", " ".join(lines[:size])))
        lines = lines[size:]
    return Content(tuple(blocks))


def _filled(pattern: str, tongue: Tongue, random: Random) -> str:
    n, m = random.sample(tongue.names, 2)
    text = pattern.format(
        n=n, m=m, p=random.choice(tongue.places), d=random.choice(tongue.days), k=random.randint(3, 60)
    )
    return text[0].upper() + text[1:]
