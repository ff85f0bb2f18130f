import { test } from 'vitest';
import { readFileSync } from 'node:fs';
import { infer } from '../harness/infer/infer.ts';
test('try', async () => {
  const m = '../shared/models/';
  const labels = readFileSync(m + 'coco.names', 'utf8').trim().split('\n');
  const reference = readFileSync(m + 'dog.detections.jsonl', 'utf8').trim().split('\n').map(l => JSON.parse(l)).sort((a, b) => b.p - a.p);
  for (const f of (process.env['PNGS'] ?? '').split(',')) {
  const r = await infer({ cfg: m + 'yolov2-tiny.cfg', weights: m + 'yolov2-tiny.weights', input: { kind: 'image' as const, path: `/tmp/p/infer/${f}.png` }, engine: 'onnxruntime', threads: 1, labels, threshold: 0.24, dumps: [] });
  let pd = 0, bd = 0;
  const out = r.detections.map((d, i) => { const q = reference[i]; const b = [d.box.x + d.box.width / 2 - q.cx, d.box.y + d.box.height / 2 - q.cy, d.box.width - q.w, d.box.height - q.h]; pd = Math.max(pd, Math.abs(d.probability - q.p)); bd = Math.max(bd, ...b.map(Math.abs)); return [d.label, q.label, (d.probability - q.p).toFixed(4), ...b.map(x => x.toFixed(2))].join(' '); });
  console.log(f, pd.toFixed(4), bd.toFixed(3), '\n' + out.join('\n'));
  }
}, 100000);
