/** The page of a report in a real browser: what it loads, whether it fits, and what it shows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeFixture } from '../reports/fixture.ts';
import { hostileResults } from '../reports/fixture-hostile.ts';
import { loadResults } from '../reports/fixture-load.ts';
import { renderReport } from '../reports/formats.ts';
import { CHROMIUM, withoutChromium } from './support/require.ts';

const SCREENS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const;

/** A rectangle on the screen, in pixels. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Measured {
  getBoundingClientRect(): { toJSON(): Box };
}

type Screen = (typeof SCREENS)[number];

// Without a browser these are skipped, unless the environment insists on one.
describe.skipIf(withoutChromium)('the HTML report in Chromium', () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilebed-browser-'));
    const results = await writeFixture(folder);
    await writeFile(join(folder, 'report.html'), await renderReport(results, 'html'));
    await writeFile(join(folder, 'load.html'), await renderReport(loadResults(folder), 'html'));
    const hostile = hostileResults(folder);
    await writeFile(join(folder, 'hostile.html'), await renderReport(hostile, 'html'));
    await writeFile(join(folder, 'report.svg'), await renderReport(results, 'svg'));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(() => page?.close());

  async function open(file: string, { width, colorScheme }: Screen): Promise<void> {
    page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(`request of ${request.url()}`);
    });
    await page.goto(pathToFileURL(join(folder, file)).href, { waitUntil: 'load' });
  }

  async function expectNoOverflow(): Promise<void> {
    const [content, screen] = (await page.evaluate(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    )) as [number, number];
    expect(content).toBeLessThanOrEqual(screen);
  }

  describe.each(SCREENS)('at $width pixels, $colorScheme', (screen) => {
    test('asks for nothing, complains of nothing, and fits its screen', async () => {
      await open('report.html', screen);
      await expectNoOverflow();
      await page.selectOption('#point', { label: '2 edges' });
      await expectNoOverflow();
      const broken = '[...document.images].filter((image) => image.naturalWidth === 0).length';
      expect(await page.evaluate('document.images.length')).toBe(3);
      expect(await page.evaluate(broken)).toBe(0);
      expect(complaints).toEqual([]);
    });

    test('queues of arrivals are curves on the screen', async () => {
      await open('load.html', screen);
      await page.selectOption('#point', { label: '2 edges, deepthings, 2 sources, poisson 8fps' });
      await expectNoOverflow();
      const drawing = page.locator('svg[aria-label="Frames that waited"]:visible');
      await drawing.scrollIntoViewIfNeeded();
      const curves = drawing.locator('path.curve:has(> title)');
      expect(await curves.count()).toBe(2);
      for (const curve of await curves.all()) {
        const { x, y, width, height } = (await curve.boundingBox())!;
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(screen.width);
        expect(width).toBeGreaterThan(100);
        expect(height).toBeGreaterThan(20);
        expect(y + height).toBeLessThanOrEqual(900);
      }
      expect(complaints).toEqual([]);
    });

    test('follows the colour scheme, with readable text', async () => {
      await open('report.html', screen);
      const style = (name: string) =>
        page.evaluate(`getComputedStyle(document.querySelector('section')).${name}`);
      const paper = brightness(await style('backgroundColor'));
      const ink = brightness(await style('color'));
      if (screen.colorScheme === 'light') expect(paper - ink).toBeGreaterThan(180);
      else expect(ink - paper).toBeGreaterThan(180);
    });

    test('text from files stays text', async () => {
      await open('hostile.html', screen);
      await page.waitForTimeout(50);
      expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
      expect(await page.locator('script').count()).toBe(1);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('h1').innerText()).toContain('<script>globalThis.hacked = 1');
      expect(complaints).toEqual([]);
      await expectNoOverflow();
    });
  });

  test('the timeline has a bar for every span, all of them on the screen', async () => {
    await open('report.html', SCREENS[0]);
    await page.selectOption('#point', { label: '2 edges' });
    const drawing = page.locator('svg[aria-label^="Timeline"]:visible');
    await drawing.scrollIntoViewIfNeeded();
    const bars = drawing.locator('rect:has(> title)');
    const boxes = await boxesOf(drawing);
    // Two edges: 75 tiles are cut, computed and merged, some moved, three frames finished, detected.
    expect(boxes.length).toBeGreaterThan(75 * 3 + 6);
    for (const { x, y, width, height } of boxes) {
      expect(width).toBeGreaterThan(0);
      expect(height).toBeGreaterThan(5);
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(1280);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + height).toBeLessThanOrEqual(900);
    }
    await bars.first().hover();
    expect(await bars.first().locator('title').textContent()).toMatch(/ ms: \d/);
  });

  test('one point shows at a time, and the select box turns to another', async () => {
    await open('report.html', SCREENS[0]);
    const shown = () => page.locator('.point:visible > h3').allInnerTexts();
    expect(await shown()).toEqual(['1 edge, 5x5, 16 fused, deepthings, reuse']);
    await page.selectOption('#point', { label: '2 edges' });
    expect(await shown()).toEqual(['2 edges, 5x5, 16 fused, deepthings, reuse']);
  });

  test('a drawing is saved as a file that opens by itself, in its colours', async () => {
    await open('report.html', SCREENS[0]);
    const figure = page.locator('figure:visible:has(svg[aria-label="Where the time goes"])');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      figure.locator('button.save').click(),
    ]);
    expect(download.suggestedFilename()).toBe('where-the-time-goes.svg');
    await download.saveAs(join(folder, 'saved.svg'));
    await page.close();
    await open('saved.svg', SCREENS[0]);
    const [bar] = await page.locator('rect.f0:has(> title)').all();
    expect(await bar!.locator('title').textContent()).toMatch(/ ms$/);
    expect(await page.evaluate("getComputedStyle(document.querySelector('rect.f0')).fill")).toBe(
      'rgb(0, 114, 178)',
    );
    expect(complaints).toEqual([]);
  });

  test('without scripts every point shows', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    page = await context.newPage();
    await page.goto(pathToFileURL(join(folder, 'report.html')).href);
    expect(await page.locator('.point:visible').count()).toBe(2);
    expect(await page.locator('#point:visible').count()).toBe(0);
    await context.close();
  });

  test('the SVG report opens by itself', async () => {
    await open('report.svg', SCREENS[0]);
    expect(await page.locator('svg rect').count()).toBeGreaterThan(300);
    expect(complaints).toEqual([]);
  });
});

/** Of all elements at once: asking each on its own would take minutes. */
async function boxesOf(drawing: Locator): Promise<Box[]> {
  return drawing.evaluate((element: { querySelectorAll(selector: string): Iterable<Measured> }) =>
    Array.from(element.querySelectorAll('rect:has(> title)'), (bar) =>
      bar.getBoundingClientRect().toJSON(),
    ),
  );
}

/** Mean of a computed `rgb(...)`'s channels, 0 to 255. */
function brightness(colour: unknown): number {
  const channels = String(colour)
    .match(/[\d.]+/g)!
    .slice(0, 3)
    .map(Number);
  return channels.reduce((sum, channel) => sum + channel, 0) / 3;
}
