/**
 * Builds one ONNX graph: nodes, inputs, outputs and constants. Large constants stay outside the
 * protobuf and are handed to the engine as they lie in memory, so that building copies none of them.
 */
import { encodeModel } from './schema.ts';

const FLOAT32 = 1;
const INT8 = 3;
const INT64 = 7;
const FLOAT16 = 10;
const ELEMENT_TYPES = { float32: FLOAT32, float16: FLOAT16, int8: INT8 } as const;
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_FLOATS = 6;
const ATTRIBUTE_INTS = 7;
const EXTERNAL = 1;
const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** A number is fixed; a name stands for a size that each run may choose. */
export type Dimension = number | string;
export type Attribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] };
type Attributes = Readonly<Record<string, Attribute>>;

export interface ExternalTensor {
  readonly path: string;
  readonly data: Uint8Array;
}

export interface OnnxModel {
  readonly model: Uint8Array;
  readonly externalData: readonly ExternalTensor[];
}

export class GraphBuilder {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #external: ExternalTensor[] = [];

  input(
    name: string,
    dimensions: readonly Dimension[],
    type: keyof typeof ELEMENT_TYPES = 'float32',
  ): string {
    this.#inputs.push(valueInfo(name, ELEMENT_TYPES[type], dimensions));
    return name;
  }

  /** A list of `count` integers that each run gives. */
  integerInput(name: string, count: number): string {
    this.#inputs.push(valueInfo(name, INT64, [count]));
    return name;
  }

  output(name: string, dimensions: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, FLOAT32, dimensions));
  }

  /** A float constant; its memory must not change until the session is open. */
  constant(name: string, data: Float32Array, dimensions: readonly number[]): string {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#external.push({ path: name, data: bytes });
    this.#initializers.push({
      name,
      dims: dimensions,
      dataType: FLOAT32,
      dataLocation: EXTERNAL,
      externalData: [
        { key: 'location', value: name },
        { key: 'offset', value: '0' },
        { key: 'length', value: String(bytes.byteLength) },
      ],
    });
    return name;
  }

  /** A shape or index list. */
  integers(name: string, values: readonly number[]): string {
    const raw = BigInt64Array.from(values, BigInt);
    this.#initializers.push({
      name,
      dims: [values.length],
      dataType: INT64,
      rawData: new Uint8Array(raw.buffer),
    });
    return name;
  }

  /** A small float constant inside the model. */
  floats(name: string, values: readonly number[]): string {
    this.#initializers.push({
      name,
      dims: [values.length],
      dataType: FLOAT32,
      rawData: new Uint8Array(Float32Array.from(values).buffer),
    });
    return name;
  }

  node(
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Attributes = {},
  ): string {
    return this.#addNode('', opType, input, output, attributes);
  }

  /** Turns values of any type into float32. */
  toFloats(value: string, output: string): string {
    return this.node('Cast', [value], output, { to: FLOAT32 });
  }

  /** A node of onnxruntime's operators on maps that lie in blocks of channels. */
  blockedNode(
    opType: 'Conv' | 'MaxPool' | 'ReorderInput' | 'ReorderOutput',
    input: readonly string[],
    output: string,
    attributes: Attributes = {},
  ): string {
    return this.#addNode(BLOCKED_DOMAIN, opType, input, output, attributes);
  }

  #addNode(
    domain: string,
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Attributes,
  ): string {
    this.#nodes.push({
      domain,
      opType,
      name: output,
      input,
      output: [output],
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
    return output;
  }

  build(name: string): OnnxModel {
    const model = encodeModel({
      irVersion: 8,
      opsetImport: [
        { domain: '', version: 17 },
        { domain: BLOCKED_DOMAIN, version: 1 },
      ],
      graph: {
        name,
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return { model, externalData: this.#external };
  }
}

function attribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_INT };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: ATTRIBUTE_STRING };
  if ('floats' in value) return { name, floats: value.floats, type: ATTRIBUTE_FLOATS };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_FLOAT };
  return { name, ints: value, type: ATTRIBUTE_INTS };
}

function valueInfo(name: string, elemType: number, dimensions: readonly Dimension[]): object {
  const dim = dimensions.map((size) =>
    typeof size === 'number' ? { dimValue: size } : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
