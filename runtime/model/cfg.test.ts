import { describe, expect, test } from 'vitest';
import { TilebedError } from '../errors.ts';
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

/** `line: message` of the error that the text gives. */
function fault(text: string): string {
  try {
    parseCfg(text, { file: 'models/net.cfg' });
  } catch (error) {
    if (!(error instanceof TilebedError)) throw error;
    expect(error.code).toBe('INPUT');
    expect(error.position?.file).toBe('models/net.cfg');
    return `${error.position?.line}: ${error.message}`;
  }
  throw new Error('the cfg was accepted');
}

function faultAfterNet(...sections: string[]): string {
  return fault([section('net', NET), ...sections].join('\n'));
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

describe('faults of the file', () => {
  test.each([
    ['', '1: a cfg starts with [net]'],
    ['[convolutional]', '1: a cfg starts with [net]'],
    ['width=3', '1: expected a [section] or key=value, found `width=3`'],
    ['[net]\nwidth=3\nheight', '3: expected a [section] or key=value, found `height`'],
    ['[net]\nwidth=3\nwidth=4', '3: `width` is given twice in [net], first on line 2'],
    ['[net]\nwidth=3', '1: [net] needs `height`'],
    ['[net]\nwidth=3\nheight=3', '1: the network has no layers'],
    [
      '[net]\nwidth=3\nheight=0\n[conv]',
      '3: `height` must be a whole number from 1 to 16384, not `0`',
    ],
    [
      '[net]\nwidth=3px\nheight=3\n[conv]',
      '2: `width` must be a whole number from 1 to 16384, not `3px`',
    ],
    [
      '[net]\nwidth=\nheight=3\n[conv]',
      '2: `width` must be a whole number from 1 to 16384, not ``',
    ],
  ])('%j', (text, message) => {
    expect(fault(text)).toBe(message);
  });
});

describe('faults of a layer', () => {
  test('that tilebed does not compute', () => {
    expect(faultAfterNet('[conv]', '[lstm]')).toMatchInlineSnapshot(
      `"6: [lstm] is not a layer that tilebed computes"`,
    );
  });

  test('whose key changes the computation in a way that is not supported', () => {
    expect(faultAfterNet('[convolutional]\nfilters=2\ndilation=2')).toMatchInlineSnapshot(
      `"7: \`dilation\` of [convolutional] is not supported"`,
    );
    expect(faultAfterNet('[maxpool]\nmaxpool_depth=1')).toMatchInlineSnapshot(
      `"6: \`maxpool_depth\` of [maxpool] is not supported"`,
    );
    expect(faultAfterNet('[conv]', '[route]\nlayers=-1\ngroups=2')).toMatchInlineSnapshot(
      `"8: \`groups\` of [route] is not supported"`,
    );
    expect(faultAfterNet('[reorg]\nstride=2\nreverse=1')).toMatchInlineSnapshot(
      `"7: \`reverse\` of [reorg] is not supported"`,
    );
    expect(faultAfterNet('[upsample]\nscale=2')).toMatchInlineSnapshot(
      `"6: \`scale\` of [upsample] is not supported"`,
    );
  });

  test.fails('whose key is not supported, under the short name of its section too', () => {
    expect(faultAfterNet('[conv]\ndilation=2')).toContain('`dilation` of [conv] is not supported');
  });

  test.fails('that adds more than one other layer', () => {
    expect(faultAfterNet('[conv]', '[conv]', '[conv]', '[shortcut]\nfrom=-2,-3')).toContain('from');
  });

  test('whose number or activation is none', () => {
    expect(faultAfterNet('[conv]\nfilters=many')).toMatchInlineSnapshot(
      `"6: \`filters\` must be a whole number from 1 to 65536, not \`many\`"`,
    );
    expect(faultAfterNet('[conv]\nsize=2.5')).toMatchInlineSnapshot(
      `"6: \`size\` must be a whole number from 1 to 255, not \`2.5\`"`,
    );
    expect(faultAfterNet('[conv]\nactivation=swish')).toMatchInlineSnapshot(
      `"6: activation \`swish\` is not supported"`,
    );
    expect(faultAfterNet('[conv]', '[route]\nlayers=-1,x')).toMatchInlineSnapshot(
      `"7: \`layers\` must be a list of numbers; \`x\` is none"`,
    );
  });

  test('that reads what does not stand before it', () => {
    expect(faultAfterNet('[conv]', '[route]\nlayers=2')).toMatchInlineSnapshot(
      `"6: layer 1 cannot read layer 2: only layers before it can be read"`,
    );
    expect(faultAfterNet('[conv]', '[route]\nlayers=1')).toMatchInlineSnapshot(
      `"6: layer 1 cannot read layer 1: only layers before it can be read"`,
    );
    expect(faultAfterNet('[conv]', '[shortcut]\nfrom=-5')).toMatchInlineSnapshot(
      `"6: layer 1 cannot read layer -5: only layers before it can be read"`,
    );
    expect(faultAfterNet('[conv]', '[route]')).toMatchInlineSnapshot(
      `"6: [route] needs \`layers\`"`,
    );
    expect(faultAfterNet('[conv]', '[route]\nlayers=')).toMatchInlineSnapshot(
      `"6: route needs at least one layer"`,
    );
  });

  test('whose maps do not fit together', () => {
    const pooled = ['[conv]', '[maxpool]\nstride=2'];
    expect(faultAfterNet(...pooled, '[route]\nlayers=0,1')).toMatchInlineSnapshot(
      `"8: route joins maps of equal size only: layer 0 is 13x10x1, layer 1 is 7x5x1"`,
    );
    expect(faultAfterNet(...pooled, '[shortcut]\nfrom=0')).toMatchInlineSnapshot(
      `"8: shortcut adds equal shapes only: layer 0 is 13x10x1, the layer before is 7x5x1"`,
    );
    expect(faultAfterNet('[reorg]\nstride=2')).toMatchInlineSnapshot(
      `"5: reorg by 2 needs sides that 2 divides and channels that 4 divides, not 13x10x8"`,
    );
    expect(faultAfterNet('[conv]\nfilters=3\ngroups=2')).toMatchInlineSnapshot(
      `"5: 2 groups divide neither 8 channels nor 3 filters evenly"`,
    );
    expect(faultAfterNet('[softmax]\ngroups=7')).toMatchInlineSnapshot(
      `"5: 7 groups do not divide the 1040 elements of the map"`,
    );
  });

  test('that leaves nothing of the map, or too much', () => {
    expect(faultAfterNet('[conv]\nsize=11')).toMatchInlineSnapshot(
      `"5: nothing is left of the 13x10 map after layer 0 (convolutional)"`,
    );
    expect(faultAfterNet('[conv]\nsize=3\npadding=3')).toMatchInlineSnapshot(
      `"5: padding 3 must be less than the window's size 3"`,
    );
    expect(faultAfterNet('[maxpool]\nsize=2\npadding=4')).toMatchInlineSnapshot(
      `"5: padding 4 is too large for a window of 2"`,
    );
    expect(
      faultAfterNet('[upsample]\nstride=64', '[upsample]\nstride=64', '[upsample]\nstride=64'),
    ).toMatchInlineSnapshot(`"7: the map has more than 2^31 elements"`);
  });

  test('that decodes other numbers than it is given', () => {
    const conv = '[conv]\nfilters=35';
    const region = (keys: string) => faultAfterNet(conv, `[region]\n${keys}`);
    expect(region('classes=2\nnum=5\nanchors=1,2,3')).toMatchInlineSnapshot(
      `"10: num=5 wants 10 anchor values, not 3"`,
    );
    expect(region('classes=3\nnum=5\nanchors=1,2,3,4,5,6,7,8,9,10')).toMatchInlineSnapshot(
      `"7: [region] reads 40 channels (anchors x (classes + 5)), but the layer before gives 35"`,
    );
    expect(region('classes=2\nnum=5')).toMatchInlineSnapshot(`"7: [region] needs \`anchors\`"`);
    expect(
      region('classes=2\ncoords=5\nnum=5\nanchors=1,2,3,4,5,6,7,8,9,10'),
    ).toMatchInlineSnapshot(`"9: \`coords\` must be a whole number from 4 to 4, not \`5\`"`);
    expect(
      faultAfterNet(conv, '[yolo]\nmask=3\nnum=3\nanchors=1,2,3,4,5,6\nclasses=30'),
    ).toMatchInlineSnapshot(`"7: num=3 wants 6 anchor values and a mask of indices below 3"`);
    expect(
      faultAfterNet(conv, '[yolo]\nmask=0,1\nnum=3\nanchors=1,2,3,4,5,6\nclasses=2'),
    ).toMatchInlineSnapshot(
      `"7: [yolo] reads 14 channels (anchors x (classes + 5)), but the layer before gives 35"`,
    );
  });
});

test('an unknown layer and activation come with what there is', () => {
  const hint = (text: string) => {
    try {
      parseCfg(`${section('net', NET)}\n${text}`, { file: 'x.cfg' });
    } catch (error) {
      return (error as TilebedError).hint;
    }
    return undefined;
  };
  expect(hint('[lstm]')).toContain('convolutional, maxpool, route');
  expect(hint('[conv]\nactivation=swish')).toBe('activations: leaky, linear, relu, logistic, mish');
});
