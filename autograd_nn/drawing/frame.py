"""The HTML around the picture of a step-through page; ``page`` fills the @@ holes @@.

The player comes first, so that Tab reaches it first; on the screen it is at the bottom.
"""

from __future__ import annotations

__all__ = ["FRAME"]

FRAME = """\
<!doctype html>
<html lang="en" data-theme="@@THEME@@">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="@@POLICY@@">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>@@TITLE@@</title>
<style>@@STYLE@@</style>
</head>
<body>
<nav class="player" aria-label="steps">
<button id="first" type="button" aria-label="first step"
  title="Home">|&#x25C0;&#xFE0E;</button>
<button id="previous" type="button" aria-label="previous step"
  title="Left arrow, or P">&#x25C0;&#xFE0E;</button>
<button id="play" class="main" type="button" title="Space">&#x25B6;&#xFE0E; play</button>
<button id="next" type="button" aria-label="next step"
  title="Right arrow, or N">&#x25B6;&#xFE0E;</button>
<button id="last" type="button" aria-label="last step"
  title="End">&#x25B6;&#xFE0E;|</button>
<button id="layers" type="button" aria-pressed="false"
  title="A step is a whole layer, or one operation (L)">by layer</button>
<input id="slider" type="range" min="0" step="1" aria-label="step">
<output id="count" for="slider"></output>
</nav>
<header>
<h1>@@TITLE@@</h1><span id="phase" class="badge"></span>
<span class="crumbs">@@SUMMARY@@</span><span class="space"></span>
<button id="follow" type="button" aria-pressed="false"
  title="Keep the active values in view (F)">Follow</button>
<button id="fit" type="button" title="Show the whole picture (0)">Fit</button>
<button id="theme" type="button"
  title="Light, dark, or as the system (T)">Theme: @@THEME@@</button>
</header>
<p id="said" class="hidden" role="status" aria-live="polite"></p>
<main>
<section id="phone" aria-label="layers" hidden></section>
<section id="stage" aria-label="computation graph">
<svg id="picture" role="group" aria-label="computation graph: arrows move among its values"></svg>
<div id="map" aria-hidden="true"></div>
<div id="around" hidden><p id="aroundWords" class="mut"></p></div>
</section>
<aside>
<div id="now"></div>
<div class="bar"><h2>Values</h2><span>
<button id="near" type="button" aria-pressed="true">on the stage</button>
<button id="all" type="button" aria-pressed="false">all</button></span></div>
<div class="table"><table id="table">
<thead><tr><th scope="col">path</th><th scope="col">data</th>
<th scope="col">grad</th></tr></thead>
<tbody></tbody>
</table></div>
</aside>
<section id="live" aria-label="change a value">
<div class="leaves"><h2>Change a value</h2>
<table id="sliders"><tbody></tbody></table>
<details id="panel"><summary>all leaves</summary>
<label>find <input id="find" type="search" placeholder="layer 0 w1"></label>
<span id="found" class="mut"></span>
<div class="long"><table id="leaves"><tbody></tbody></table></div>
</details>
<div id="notes"></div></div>
<div class="result"><h2>Result</h2>
<p class="number"><output id="result"></output> <small id="resultName"></small></p>
<p id="along" class="m"></p>
<p class="row"><button id="down" class="main" type="button">one gradient step</button>
<label>rate <input id="rate" type="number" value="0.01" step="any"></label>
<button id="reset" type="button" title="The recorded numbers">reset</button></p>
<p id="what" class="mut"></p></div>
<div id="plotBox" hidden><h2>Result over the steps taken</h2>
<svg id="plot" role="img" width="260" height="112"></svg></div>
</section>
<details class="legend"><summary>Keys and colours</summary>
<p>Blue: above 0. Orange: below 0. Dashed: 0. &#8592; &#8594; or P and N go from step to step,
Home and End jump, Space plays, F follows, T changes the theme, 0 shows the whole picture.
In the picture arrows move from value to value; Enter goes to a value's step, or opens and closes
a group. Wheel and pinch zoom, dragging moves. An <code>if</code> in your code keeps the branch
that it took when the graph was recorded.</p></details>
</main>
<noscript><p>This page computes its numbers: it needs its own script, which makes no request.</p>
</noscript>
<script id="data" type="application/json">@@DATA@@</script>
<script>@@SCRIPT@@</script>
</body>
</html>
"""
