"""The invented borrowers whom the demo registers; nobody here exists, and no number was ever given to anybody.

It decides who is watched in the demo and never how they are found.
"""

from __future__ import annotations

from monitor.detection.model import Associate, WatchedSubject

DEMO_SUBJECTS: tuple[WatchedSubject, ...] = (
    WatchedSubject(
        id="tao-yanqiu",
        names=("陶砚秋",),
        aliases=("Tao Yanqiu",),
        phones=("+8613800004826",),
        places=("清河镇",),
        employers=("云杉文具店",),
        associates=(Associate(name="陶砚冬", phones=("+8613800005937",)),),
    ),
    WatchedSubject(
        id="maricel-dalogdog",
        names=("Maricel Dalogdog",),
        aliases=("Cel Dalogdog",),
        phones=("+639170007361",),
        places=("Barangay San Telmo",),
        employers=("Sampaguita Bakery",),
        associates=(Associate(name="Rodel Dalogdog", phones=("+639170002259",)),),
    ),
    WatchedSubject(
        id="wahyu-kertasembada",
        names=("Wahyu Kertasembada",),
        aliases=("Mas Wahyu Kertasembada",),
        phones=("+6281200007315",),
        places=("Desa Sumberarum",),
        employers=("Bengkel Maju Lestari",),
    ),
    WatchedSubject(
        id="jimena-zaldumbide",
        names=("Jimena Zaldumbide Ochoterena",),
        aliases=("Jimena Zaldumbide",),
        phones=("+525500001947",),
        emails=("jimena.zaldumbide@example.com",),
        places=("Colonia Los Fresnos",),
        employers=("Papelería El Tintero",),
    ),
)
