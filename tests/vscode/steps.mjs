// Named steps, with waiting and retrying; the workbench's own little actions.

const PATIENCE = 45_000;

let results = [];
const sums = { passed: 0, failed: 0 };

/** What an error says, without Playwright's colours. */
const plain = (error) => String(error).replace(/\u001b\[\d+m/g, "").trim();

/** One step with a name; a failure ends the attempt, because what follows builds on it. */
export async function step(name, run) {
  try {
    await run();
    results.push(name);
    console.log(`ok ${sums.passed + results.length} - ${name}`);
  } catch (error) {
    console.log(`not ok ${sums.passed + results.length + 1} - ${name}`);
    console.log(plain(error).replace(/^/gm, "    "));
    throw error;
  }
}

/** Waits until `read` comes to something that `holds`, and says what it was in the end. */
export async function becomes(read, holds, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > end) throw new Error(`${what}; after ${PATIENCE} ms it is: ${JSON.stringify(value)}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

/** Runs a scenario; a second time when the first failed. */
export async function scenario(name, attempt) {
  for (const again of [false, true]) {
    console.log(`# ${name}${again ? ", once more" : ""}`);
    results = [];
    try {
      await attempt();
      break;
    } catch {
      // A browser on a busy machine stumbles now and then; what is really broken fails twice.
      if (again) sums.failed += 1;
    }
  }
  sums.passed += results.length;
}

/** Prints the sum and ends. */
export function finish() {
  console.log(`vscode: ${sums.passed} ok, ${sums.failed} not ok`);
  process.exit(sums.failed > 0 || sums.passed === 0 ? 1 : 0);
}

/** Opens a file by its name in the quick open box; of several workspace folders the one of that name. */
export async function openFile(page, name, folder = "") {
  await page.keyboard.press("Control+P");
  await page.locator(".quick-input-widget input").fill(name);
  // The row of that very file: the box proposes what was opened before, too.
  const rows = page.locator(".quick-input-list .monaco-list-row");
  await [folder, ...name.split("/")].reduce((those, part) => those.filter({ hasText: part }), rows).first().click();
  await page.locator(".tab.active").filter({ hasText: name.split("/").pop() }).waitFor();
  await page.locator(".editor-instance .view-line").first().waitFor();
}

/** Runs a command of the palette. */
export async function runCommand(page, title) {
  const input = page.locator(".quick-input-widget input");
  // A view that opens late takes the focus, and the palette closes.
  for (let turn = 0; ; turn++) {
    await page.keyboard.press("F1");
    try {
      await input.fill(`>${title}`, { timeout: turn < 3 ? 5_000 : 45_000 });
      // What the palette thinks nearest may be another one.
      await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first().click({ timeout: turn < 3 ? 10_000 : 45_000 });
      return;
    } catch (error) {
      if (turn === 3) throw error;
    }
  }
}

/** Puts the cursor into the first `needle` of `text`, which is what the open editor shows. */
export async function goTo(page, text, needle) {
  const lines = text.split("\n");
  const line = lines.findIndex((candidate) => candidate.includes(needle));
  await page.keyboard.press("Control+G");
  await page.locator(".quick-input-widget input").fill(`:${line + 1}:${lines[line].indexOf(needle) + 3}`);
  await page.keyboard.press("Enter");
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
}

/** The row of a tree or a list that shows `text`. */
export function row(page, text, within = ".pane-body") {
  return page.locator(`${within} .monaco-list-row`).filter({ hasText: text }).first();
}

/** A message in the corner that says `text`. */
export function toast(page, text) {
  return page.locator(".notification-toast").filter({ hasText: text }).first();
}

/** What the status bar's word says when the pointer rests on it. */
export async function statusHover(page, words) {
  await page.locator(".statusbar-item").filter({ hasText: "Portolan" }).first().hover();
  await page.locator(".workbench-hover, .monaco-hover").filter({ hasText: words }).first().waitFor();
  await page.locator(".part.editor").hover();
}

/** The milliseconds that the editor itself measured for the extension: reading its code, and `activate`. */
export async function activationTime(page) {
  const size = page.viewportSize();
  // Rows out of sight are not there: room for all of them.
  await page.setViewportSize({ width: size.width, height: 4000 });
  await runCommand(page, "Developer: Show Running Extensions");
  const list = page.locator(".runtime-extensions-editor");
  const extension = list.locator(".extension").filter({ hasText: "Portolan" }).first();
  const time = await becomes(
    async () => ((await extension.count()) > 0 ? extension.locator(".activation-time").innerText() : "no such extension"),
    (said) => /\d+\s*ms/.test(said),
    "the editor should say how long the extension took",
  );
  await page.keyboard.press("Control+F4");
  await page.setViewportSize(size);
  return Number(/(\d+)\s*ms/.exec(time)[1]);
}
