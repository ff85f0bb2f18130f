/** Every fault of a cfg: its line and what is said about it. */
import { describe, expect, test } from 'vitest';
import { TilebedError } from '../errors.ts';
import { section } from '../testing/cfg.ts';
import { parseCfg } from './cfg.ts';

const NET = { width: 13, height: 10, channels: 8 };

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

  test('whose key is not supported, under the short name of its section too', () => {
    expect(faultAfterNet('[conv]\ndilation=2')).toContain('`dilation` of [conv] is not supported');
  });

  test('that adds more than one other layer', () => {
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
      `"5: 2 groups do not divide both 8 channels and 3 filters evenly"`,
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
