/**
 * The one style sheet, served at /style.css. Text has a contrast of 7:1 or more on its ground,
 * lines of controls 3:1 or more (WCAG 2.2 AA asks 4.5:1 and 3:1); no fonts from elsewhere.
 */
export const STYLES = `
:root {
  color-scheme: light dark;
  --water: #0b3d66; --water-deep: #07294a; --foam: #eaf3fa; --paper: #ffffff;
  --ink: #16222c; --soft: #43525e; --line: #7b8a96; --link: #0a4f8a;
  --good: #0d5230; --good-ground: #e4f4ea; --bad: #8c1515; --bad-ground: #fbe9e7;
  --note: #5c3d00; --note-ground: #fff3d6; --focus: #b3450c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --water: #0b3d66; --water-deep: #051d36; --foam: #12283a; --paper: #0c1a26;
    --ink: #eef4f8; --soft: #c0cdd7; --line: #8496a4; --link: #9ccbf4;
    --good: #a6e3bd; --good-ground: #0f3020; --bad: #ffb9b1; --bad-ground: #3d1512;
    --note: #ffdf9e; --note-ground: #3a2a05; --focus: #ffb27a;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { font: 100%/1.6 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .15em; }
a:hover { text-decoration-thickness: .15em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; border-radius: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -100vw; top: 0; z-index: 2; padding: .75rem 1rem;
  background: var(--paper); color: var(--link); }
.skip:focus { left: 0; }
header.site { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem;
  padding: .75rem 1rem; background: var(--water); border-bottom: 4px solid #6db3e8; }
header.site a, header.site { color: #ffffff; }
header.site :focus-visible { outline-color: #ffd08a; }
.brand { font-size: 1.25rem; font-weight: 700; text-decoration: none; padding: .25rem 0; }
header.site nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0;
  list-style: none; }
header.site nav a, .language { display: inline-block; padding: .25rem .125rem;
  min-height: 1.75rem; }
header.site a[aria-current] { font-weight: 700; text-decoration-thickness: .2em; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; margin-left: auto; }
.notice { padding: .5rem 1rem; }
.notice p { margin: 0; max-width: none; }
.notice { background: var(--note-ground); color: var(--note); }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; hyphens: auto; }
h1 { font-size: 1.75rem; margin: .5rem 0 1rem; }
h2 { font-size: 1.375rem; margin: 2rem 0 .75rem; }
h3 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
p, ul, ol, dl { max-width: 44rem; }
.lead { font-size: 1.125rem; color: var(--soft); }
.cards { display: grid; gap: 1rem; max-width: none; padding: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.card { padding: 1rem; background: var(--foam); border-left: 5px solid #2f7fbd;
  border-radius: 4px; }
section.card + section.card { margin-top: 1rem; }
.card > :first-child { margin-top: 0; }
.card > :last-child { margin-bottom: 0; }
.good, .bad, .note { padding: .5rem .75rem; border-left: 5px solid; border-radius: 4px; }
.good { background: var(--good-ground); color: var(--good); }
.bad { background: var(--bad-ground); color: var(--bad); }
.note { background: var(--note-ground); color: var(--note); }
.label { padding: .5rem .75rem; background: #7a2e00; color: #ffffff; font-weight: 700; }
.tag { display: inline-block; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem;
  font-size: .875rem; white-space: nowrap; }
.scroll { position: relative; overflow-x: auto; margin: 1rem 0; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 700; padding: .25rem 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem;
  border-bottom: 1px solid var(--line); overflow-wrap: normal; min-width: 5rem; }
thead th { background: var(--foam); border-bottom-width: 2px; }
form { margin: 1rem 0; }
fieldset { margin: 1rem 0; padding: .75rem 1rem; border: 1px solid var(--line);
  border-radius: 4px; }
legend { font-weight: 700; padding: 0 .25rem; }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; }
label.choice { display: flex; gap: .625rem; align-items: flex-start; font-weight: 400; }
input, select, textarea { font: inherit; color: inherit; background: var(--paper);
  border: 2px solid var(--line); border-radius: 4px; padding: .5rem .625rem; max-width: 100%; }
input:not([type=checkbox]):not([type=radio]), select, textarea { width: min(100%, 28rem); }
input[type=checkbox], input[type=radio] { flex: none; width: 1.5rem; height: 1.5rem; margin: 0; }
[aria-invalid=true] { border-color: var(--bad); }
.fault { display: block; max-width: 28rem; color: var(--bad); font-weight: 600; }
.bad a { color: inherit; }
pre.typed { white-space: pre-wrap; }
button, .button { display: inline-block; font: inherit; font-weight: 600; text-align: center;
  cursor: pointer; padding: .625rem 1.125rem; min-height: 2.75rem;
  margin: .25rem .5rem .25rem 0; color: #ffffff;
  background: #0b4f87; border: 2px solid #2f7fbd; border-radius: 4px; text-decoration: none; }
button:hover, .button:hover { background: var(--water-deep); }
button.secondary, .button.secondary { background: transparent; color: var(--link);
  border-color: var(--line); }
button.link { background: none; border: 0; padding: .25rem 0; min-height: 1.5rem; margin: 0;
  color: var(--link); font-weight: 400; text-align: left; vertical-align: top;
  text-decoration: underline; }
header.site button { padding: .125rem .625rem; min-height: 2rem; margin: 0; background: transparent;
  border-color: #ffffff; }
header.site form { margin: 0; }
dl { display: grid; grid-template-columns: fit-content(45%) 1fr; gap: .25rem 1rem; }
dt { min-width: 7rem; }
dt { font-weight: 600; }
dd { margin: 0; }
pre { overflow-x: auto; padding: .75rem; background: var(--foam); border-radius: 4px;
  font-size: .875rem; }
code, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
details > summary { cursor: pointer; padding: .375rem 0; font-weight: 600; }
svg { max-width: 100%; height: auto; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
@media (max-width: 30rem) {
  dl { grid-template-columns: 1fr; }
  dd { margin-bottom: .5rem; }
  .tools { margin-left: 0; }
  th, td { padding: .5rem .375rem; min-width: 3.25rem; }
}
/* The head is said by the table itself: before a cell it is for the eye alone. */
@media screen and (max-width: 45rem) {
  .scroll table, .scroll caption, .scroll tbody, .scroll tr { display: block; }
  .scroll thead { position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%); }
  .scroll tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .scroll td { display: flow-root; min-width: 0; padding: .125rem 0 .125rem 8rem; border: 0;
    overflow-wrap: anywhere; }
  .scroll td::before { content: attr(data-head); content: attr(data-head) / ""; float: left;
    width: 7.5rem; margin-left: -8rem; color: var(--soft); hyphens: auto; }
  .scroll td:empty { display: none; }
  .scroll td > p, .scroll td > form { margin: 0 0 .5rem; }
  .scroll td:first-child { padding-left: 0; font-weight: 700; }
  .scroll td:first-child::before { float: none; margin: 0; font-weight: 400;
    content: attr(data-head) ": "; content: attr(data-head) ": " / ""; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important;
  transition: none !important; } }
@media print { header.site, .skip, .actions { display: none; } }
`;
