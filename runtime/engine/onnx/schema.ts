/**
 * The part of the ONNX file format that tilebed writes, as a protobuf schema. Field numbers are those
 * of onnx.proto (IR version 8); fields that are never written are left out.
 */
import protobuf from 'protobufjs/light.js';

type FieldType = 'string' | 'bytes' | 'float' | 'int32' | 'int64' | (string & {});

function one(id: number, type: FieldType) {
  return { id, type };
}

function many(id: number, type: FieldType) {
  return { id, type, rule: 'repeated' };
}

const root = protobuf.Root.fromJSON({
  nested: {
    AttributeProto: {
      fields: {
        name: one(1, 'string'),
        f: one(2, 'float'),
        i: one(3, 'int64'),
        floats: many(7, 'float'),
        ints: many(8, 'int64'),
        s: one(4, 'bytes'),
        type: one(20, 'int32'),
      },
    },
    NodeProto: {
      fields: {
        input: many(1, 'string'),
        output: many(2, 'string'),
        name: one(3, 'string'),
        opType: one(4, 'string'),
        attribute: many(5, 'AttributeProto'),
        domain: one(7, 'string'),
      },
    },
    StringStringEntryProto: { fields: { key: one(1, 'string'), value: one(2, 'string') } },
    TensorProto: {
      fields: {
        dims: many(1, 'int64'),
        dataType: one(2, 'int32'),
        name: one(8, 'string'),
        rawData: one(9, 'bytes'),
        externalData: many(13, 'StringStringEntryProto'),
        dataLocation: one(14, 'int32'),
      },
    },
    Dimension: {
      oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
      fields: { dimValue: one(1, 'int64'), dimParam: one(2, 'string') },
    },
    TensorShapeProto: { fields: { dim: many(1, 'Dimension') } },
    TensorTypeProto: { fields: { elemType: one(1, 'int32'), shape: one(2, 'TensorShapeProto') } },
    TypeProto: { fields: { tensorType: one(1, 'TensorTypeProto') } },
    ValueInfoProto: { fields: { name: one(1, 'string'), type: one(2, 'TypeProto') } },
    GraphProto: {
      fields: {
        node: many(1, 'NodeProto'),
        name: one(2, 'string'),
        initializer: many(5, 'TensorProto'),
        input: many(11, 'ValueInfoProto'),
        output: many(12, 'ValueInfoProto'),
      },
    },
    OperatorSetIdProto: { fields: { domain: one(1, 'string'), version: one(2, 'int64') } },
    ModelProto: {
      fields: {
        irVersion: one(1, 'int64'),
        opsetImport: many(8, 'OperatorSetIdProto'),
        graph: one(7, 'GraphProto'),
      },
    },
  },
});

const modelType = root.lookupType('ModelProto');

/** Serialises a model given in the shape of the schema above. */
export function encodeModel(model: object): Uint8Array {
  return modelType.encode(model).finish();
}
