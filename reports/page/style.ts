/** How the page looks: calm, readable in light and dark, on a phone and on paper. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#f6f7f8;--good:#00704f;--bad:#b3261e;--link:#005c91;--shadow:0 1px 2px rgb(20 30 40/.06)}
@media (prefers-color-scheme:dark){:root{--page:#101316;--good:#3ecf9f;--bad:#ff8f84;--link:#6fbff2;--shadow:none}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
header,main,footer{max-width:1200px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:0 0 6px}
h1 span{color:var(--muted);font-weight:400}
h2{font-size:20px;letter-spacing:-.01em;margin:0 0 14px}
h3{font-size:16px;margin:0 0 12px}
h4{font-size:15px;margin:0}
p{margin:0 0 10px}
small{font-size:12px;color:var(--muted);font-weight:400}
a{color:var(--link);text-underline-offset:2px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
header p.lead{font-size:17px;max-width:70ch}
header p.meta{color:var(--muted)}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;padding:8px 0 0;font-size:14px}
section,.cards li{background:var(--paper);border:1px solid var(--line);border-radius:12px;box-shadow:var(--shadow)}
section{padding:22px 24px;margin:20px 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(195px,1fr));gap:14px;list-style:none;margin:20px 0;padding:0}
.cards li{padding:16px 18px}
.cards h3{font-size:13px;font-weight:600;color:var(--muted);margin:0}
.cards p{margin:0;font-size:13px;color:var(--muted)}
.cards p.figure small{font-size:15px;letter-spacing:0}
.cards p.figure{font-size:26px;font-weight:650;letter-spacing:-.02em;color:var(--ink);line-height:1.35}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:0 36px;margin:0 0 18px}
.facts div{display:grid;grid-template-columns:118px 1fr;gap:12px;padding:7px 0;border-bottom:1px solid var(--line)}
.facts dt{color:var(--muted)}
.facts dd{margin:0}
.scroll{overflow-x:auto;max-width:100%;container-type:inline-size}
table{border-collapse:collapse;width:100%;font-size:13.5px;line-height:1.4;overflow-wrap:normal}
caption{text-align:left;color:var(--muted);padding:0 0 8px}
caption span{display:block;position:sticky;left:0;max-width:100cqi}
th,td{text-align:left;vertical-align:top;padding:7px 12px 7px 0;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
td.number,time,.together{white-space:nowrap}
th{font-weight:600}
thead th{vertical-align:bottom}
thead small{display:block}
tbody th{font-weight:500}
td.number,th.number{text-align:right}
tr:target{background:var(--track)}
tr:last-child>*{border-bottom:0}
.remarks{display:block;min-width:180px;overflow-wrap:anywhere}
.status{white-space:nowrap}
.status::before{content:'';display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:6px;background:var(--good)}
.status.degraded::before{background:none;border:2px solid var(--f5)}
.status.failed{color:var(--bad)}
.status.failed::before{background:var(--bad);border-radius:1px}
details{margin-top:12px}
summary{cursor:pointer;color:var(--link)}
pre{overflow-x:auto;background:var(--track);border-radius:8px;padding:12px 14px;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;overflow-wrap:normal}
figure{margin:0 0 18px;min-width:0}
figcaption p{color:var(--muted);font-size:13px;margin:0 0 8px}
figure svg{display:block;width:100%;max-width:520px;height:auto}
button.save{font:inherit;font-size:12px;color:var(--link);background:none;border:0;padding:0;cursor:pointer;text-decoration:underline;white-space:nowrap}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:24px 40px}
.point .charts{grid-template-columns:repeat(auto-fit,minmax(min(100%,320px),1fr));gap:24px 32px}
.charts figure{margin:0}
.point>.charts{margin-bottom:22px}
.point>figure{margin-top:22px}
.point>.scroll+.scroll{margin-top:22px}
.point>.scroll+p{margin:10px 0 22px}
.point>:last-child{margin-bottom:0}
.wide svg{min-width:760px;max-width:none}
svg :has(>title):hover{filter:brightness(1.15);stroke:var(--ink);stroke-width:1}
.choice{display:flex;align-items:center;gap:10px;flex-wrap:wrap;margin-bottom:16px}
.choice[hidden],.point[hidden]{display:none}
select{font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);border-radius:8px;padding:6px 10px;max-width:100%}
.point+.point{margin-top:28px}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,260px),1fr));gap:18px}
.gallery figure{margin:0}
.gallery img{display:block;width:100%;height:auto;border-radius:8px;background:var(--track)}
.gallery figcaption{font-size:13px;padding-top:6px}
.warnings{margin:0;padding-left:20px}
footer{color:var(--muted);font-size:13px;padding-bottom:40px}
@media (max-width:640px){header,main,footer{padding-left:14px;padding-right:14px}header{padding-top:24px}h1{font-size:24px}section{padding:18px 16px;border-radius:10px}.facts div{grid-template-columns:96px 1fr}.cards{grid-template-columns:repeat(auto-fit,minmax(150px,1fr))}.cards p.figure{font-size:22px}table{min-width:720px}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{:root{color-scheme:light;--page:#fff;--link:#005c91;--good:#00704f;--bad:#b3261e;--shadow:none}body{font-size:11px}section{border:0;padding:0;margin:18px 0}h2{border-bottom:1px solid var(--line);padding-bottom:4px}nav,.choice,button.save{display:none}figure,.cards li,tr{break-inside:avoid}h2,h3,h4{break-after:avoid}.scroll{overflow:visible}.wide svg{min-width:0}table{font-size:9px}table small,.cards h3,.cards p{font-size:8.5px}th,td{padding:3px 5px 3px 0}.cards{grid-template-columns:repeat(5,1fr);gap:8px}.cards li{padding:8px 10px}.cards p.figure{font-size:17px}.cards p.figure small{font-size:10px}h1{font-size:22px}h2{font-size:15px}header p.lead{font-size:12px}h3{font-size:13px}h4{font-size:11px}figcaption p{font-size:9px}.charts{grid-template-columns:1fr 1fr;gap:12px 20px}.point .charts{grid-template-columns:1fr 1fr 1fr}}
`;

/** Shows one point at a time, and saves drawings; without scripts all points stand below each other. */
export const PAGE_SCRIPT = `
const select = document.getElementById('point');
if (select) {
  const panels = document.querySelectorAll('[data-point]');
  const show = () => panels.forEach((panel) => { panel.hidden = panel.dataset.point !== select.value; });
  select.parentElement.hidden = false;
  select.addEventListener('change', show);
  show();
}
for (const button of document.querySelectorAll('button.save')) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const figure = button.closest('figure');
    const drawing = figure.querySelector('svg').cloneNode(true);
    const style = document.createElementNS(drawing.namespaceURI, 'style');
    style.textContent = document.querySelector('head style').textContent;
    drawing.prepend(style);
    const [, , width, height] = drawing.getAttribute('viewBox').split(' ');
    drawing.setAttribute('width', width);
    drawing.setAttribute('height', height);
    const text = new XMLSerializer().serializeToString(drawing);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
    link.download = figure.querySelector('h4').textContent.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase() + '.svg';
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
`;
