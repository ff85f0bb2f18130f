import { describe, expect, test } from 'vitest';
import { bundledNetwork } from '../testing/bundled-network.ts';
import { networkOf, section } from '../testing/cfg.ts';
import { parseCfg } from './cfg.ts';
import { elements, type Layer, type Network } from './network.ts';

const NET = { width: 13, height: 10, channels: 8 };

function last(...sections: string[]): Layer {
  return networkOf(NET, ...sections).layers.at(-1)!;
}

function sizes(network: Network): string[] {
  return network.layers.map(({ kind, output }) => {
    return `${kind} ${output.channels}x${output.height}x${output.width}`;
  });
}

describe('the bundled networks', () => {
  test('YOLOv2 at 608x608', async () => {
    const network = await bundledNetwork('yolov2');
    expect(network.name).toBe('yolov2');
    expect(network.input).toEqual({ channels: 3, height: 608, width: 608 });
    expect(network.layers).toHaveLength(32);
    expect(network.layers[15]!.output).toEqual({ channels: 256, height: 38, width: 38 });
    expect(network.layers[27]!.output).toEqual({ channels: 256, height: 19, width: 19 });
    expect(network.layers[28]).toMatchObject({ kind: 'route', sources: [27, 24] });
    expect(network.layers[28]!.output).toEqual({ channels: 1280, height: 19, width: 19 });
    expect(network.layers[31]!.output).toEqual({ channels: 425, height: 19, width: 19 });
    expect(network.layers[31]).toMatchObject({ classes: 80, coords: 4, softmax: true });
  });

  test('tiny YOLOv2 at 416x416, whose last pooling keeps the size', async () => {
    const network = await bundledNetwork('yolov2-tiny');
    expect(sizes(network)).toEqual([
      'convolutional 16x416x416',
      'maxpool 16x208x208',
      'convolutional 32x208x208',
      'maxpool 32x104x104',
      'convolutional 64x104x104',
      'maxpool 64x52x52',
      'convolutional 128x52x52',
      'maxpool 128x26x26',
      'convolutional 256x26x26',
      'maxpool 256x13x13',
      'convolutional 512x13x13',
      'maxpool 512x13x13',
      'convolutional 1024x13x13',
      'convolutional 512x13x13',
      'convolutional 425x13x13',
      'region 425x13x13',
    ]);
  });
});

describe('[convolutional]', () => {
  test('has Darknet defaults: one filter, size 1, stride 1, logistic', () => {
    expect(last(section('convolutional'))).toMatchObject({
      filters: 1,
      size: 1,
      stride: 1,
      padding: 0,
      groups: 1,
      batchNormalize: false,
      activation: 'logistic',
      output: { channels: 1, height: 10, width: 13 },
    });
  });

  test.each([
    { keys: { size: 3 }, output: [8, 11] },
    { keys: { size: 3, pad: 1 }, output: [10, 13] },
    { keys: { size: 3, padding: 2 }, output: [12, 15] },
    { keys: { size: 4, pad: 1 }, output: [11, 14] },
    { keys: { size: 3, pad: 1, padding: 0 }, output: [10, 13] },
    { keys: { size: 3, pad: 1, stride: 2 }, output: [5, 7] },
    { keys: { size: 5, stride: 3 }, output: [2, 3] },
    { keys: { size: 1, stride: 4 }, output: [3, 4] },
  ])('$keys gives $output', ({ keys, output: [height, width] }) => {
    const layer = last(section('convolutional', { filters: 6, ...keys }));
    expect(layer.output).toEqual({ channels: 6, height, width });
  });

  test.each(['conv', 'convolutional'])('is also written [%s]', (name) => {
    expect(last(section(name, { filters: 2 })).kind).toBe('convolutional');
  });

  test('takes groups that divide both sides', () => {
    expect(last(section('conv', { filters: 6, groups: 2 }))).toMatchObject({ groups: 2 });
  });
});

describe('[maxpool]', () => {
  test.each([
    { keys: {}, output: [10, 13], padding: [0, 0] },
    { keys: { stride: 2 }, output: [5, 7], padding: [0, 1] },
    { keys: { size: 2, stride: 2 }, output: [5, 7], padding: [0, 1] },
    { keys: { size: 2, stride: 1 }, output: [10, 13], padding: [0, 1] },
    { keys: { size: 3, stride: 1 }, output: [10, 13], padding: [1, 1] },
    { keys: { size: 3, stride: 2, padding: 0 }, output: [4, 6], padding: [0, 0] },
    { keys: { size: 5, stride: 1 }, output: [10, 13], padding: [2, 2] },
    { keys: { size: 4, stride: 3, padding: 5 }, output: [4, 5], padding: [2, 3] },
  ])('$keys gives $output', ({ keys, output: [height, width], padding: [before, after] }) => {
    const layer = last(section('maxpool', keys));
    expect(layer).toMatchObject({ paddingBefore: before, paddingAfter: after });
    expect(layer.output).toEqual({ channels: 8, height, width });
  });
});

describe('[route]', () => {
  const conv = section('conv', { filters: 4, size: 3, pad: 1 });

  test('counts backwards from itself where negative, and from 0 where not', () => {
    const layer = last(
      conv,
      section('conv', { filters: 6 }),
      section('route', { layers: '-1, 0' }),
    );
    expect(layer).toMatchObject({
      sources: [1, 0],
      output: { channels: 10, height: 10, width: 13 },
    });
  });

  test('passes one layer on as it is', () => {
    const layer = last(conv, section('maxpool', { stride: 2 }), section('route', { layers: '0' }));
    expect(layer.output).toEqual({ channels: 4, height: 10, width: 13 });
  });
});

test('[reorg] moves squares into channels', () => {
  const network = networkOf(
    { width: 12, height: 10 },
    section('conv', { filters: 8 }),
    section('reorg', { stride: 2 }),
  );
  expect(network.layers[1]!.output).toEqual({ channels: 32, height: 5, width: 6 });
});

test('[shortcut] keeps the shape', () => {
  const layer = last(
    section('conv', { filters: 8 }),
    section('conv', { filters: 8 }),
    section('shortcut', { from: -2, activation: 'leaky' }),
  );
  expect(layer).toMatchObject({ kind: 'shortcut', source: 0, activation: 'leaky' });
  expect(layer.output).toEqual({ channels: 8, height: 10, width: 13 });
});

test('[upsample] multiplies both sides, by 2 unless told', () => {
  expect(last(section('upsample')).output).toEqual({ channels: 8, height: 20, width: 26 });
  expect(last(section('upsample', { stride: 3 })).output).toMatchObject({ height: 30, width: 39 });
});

test('[avgpool] leaves one element a channel, and [softmax] changes no shape', () => {
  const network = networkOf(NET, section('avgpool'), section('softmax', { groups: 2 }));
  expect(network.layers.map(({ output }) => elements(output))).toEqual([8, 8]);
});

test('[yolo] uses the anchors of its mask', () => {
  const layer = last(
    section('conv', { filters: 14, activation: 'linear' }),
    section('yolo', { mask: '1, 2', anchors: '10,13, 16,30, 33,23', classes: 2, num: 3 }),
  );
  expect(layer).toMatchObject({ kind: 'yolo', mask: [1, 2], anchors: [10, 13, 16, 30, 33, 23] });
});

describe('what does not matter', () => {
  test('is passed over: comments, blanks, line ends of Windows, keys of training', () => {
    const text = [
      '# a comment',
      '  [net]  ',
      'width = 4',
      'height=4 ',
      '; another',
      'learning_rate=0.001',
      '',
      '[conv]',
      'filters=2',
      'flipped=0',
      'dilation=1',
    ].join('\r\n');
    const network = parseCfg(text, { file: 'C:\\nets\\small.cfg' });
    expect(network.name).toBe('small');
    expect(network.layers[0]).toMatchObject({
      line: 8,
      output: { channels: 2, height: 4, width: 4 },
    });
  });

  test('a given name wins over the file', () => {
    const text = `${section('network', NET)}\n[conv]`;
    expect(parseCfg(text, { file: 'x.cfg', name: 'mine' }).name).toBe('mine');
  });
});
