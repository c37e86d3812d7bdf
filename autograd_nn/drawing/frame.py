"""The HTML around the picture of a step-through page; ``page`` fills the @@ holes @@."""

from __future__ import annotations

__all__ = ["FRAME"]

FRAME = """\
<!doctype html>
<html lang="en" data-theme="auto">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="@@POLICY@@">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>@@TITLE@@</title>
<style>@@STYLE@@</style>
</head>
<body>
<header>
<h1>@@TITLE@@</h1><span id="phase" class="badge"></span><span class="space"></span>
<button id="follow" type="button" aria-pressed="false"
  title="Keep the active values in view (F)">Follow</button>
<button id="fit" type="button" title="Fit the whole graph (0)">Fit</button>
<button id="theme" type="button"
  title="Light, dark, or as the system (T)">Theme: auto</button>
</header>
<main>
<section id="stage" aria-label="computation graph">@@PICTURE@@</section>
<aside>
<div id="now" aria-live="polite"></div>
<h2>Values</h2>
<div class="table"><table id="table">
<thead><tr><th scope="col">name</th><th scope="col">kind</th><th scope="col">data</th>
<th scope="col">grad</th></tr></thead>
<tbody></tbody>
</table></div>
<p class="legend">Blue: gradient &gt; 0. Orange: gradient &lt; 0. Dashed: 0. Keys:
&#8592; &#8594; step, Home and End jump, Space plays, F follows, T changes the theme,
0 fits. Click a value to go to its step. The wheel zooms, dragging moves.</p>
</aside>
</main>
<footer>
<button id="first" type="button" aria-label="first step"
  title="Home">|&#x25C0;&#xFE0E;</button>
<button id="previous" type="button" aria-label="previous step"
  title="Left arrow">&#x25C0;&#xFE0E;</button>
<button id="play" type="button" title="Space">&#x25B6;&#xFE0E; play</button>
<button id="next" type="button" aria-label="next step"
  title="Right arrow">&#x25B6;&#xFE0E;</button>
<button id="last" type="button" aria-label="last step"
  title="End">&#x25B6;&#xFE0E;|</button>
<input id="slider" type="range" min="0" step="1" aria-label="step">
<output id="count" for="slider"></output>
</footer>
<noscript><p>Scripts are off: the picture shows the final numbers.</p></noscript>
<script id="data" type="application/json">@@DATA@@</script>
<script>@@SCRIPT@@</script>
</body>
</html>
"""
