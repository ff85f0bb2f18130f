/**
 * Every message that peers exchange, in one table: types, encoder, decoder, limits and the protocol
 * page all come from it. Adding a message is adding a row.
 */
import { TilebedError } from '../errors.ts';
import { encodeField, FieldReader, type FieldType, type FieldValue } from './fields.ts';

interface MessageRow {
  readonly type: number;
  readonly says: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Most bytes of payload that may follow: 0 for none. */
  readonly payload: number;
}

const MEBIBYTE = 2 ** 20;
/** No tile or map of a network that fits in a node's memory is larger. */
const TENSOR = 256 * MEBIBYTE;

export const MESSAGES = {
  hello: {
    type: 1,
    says: 'who connects, and where it listens itself',
    fields: { version: 'u16', run: 'text', name: 'text', role: 'text', port: 'u16' },
    payload: 0,
  },
  welcome: { type: 2, says: 'the connection stands', fields: {}, payload: 0 },
  refused: {
    type: 3,
    says: 'the connection is closed, and why',
    fields: { reason: 'prose' },
    payload: 0,
  },
  heartbeat: { type: 4, says: 'I live; my clock says', fields: { sentAtMs: 'f64' }, payload: 0 },
  heartbeatReply: {
    type: 5,
    says: "the same time, and the replier's own clock",
    fields: { sentAtMs: 'f64', repliedAtMs: 'f64' },
    payload: 0,
  },
  start: { type: 6, says: 'sources begin to take frames', fields: {}, payload: 0 },
  stop: {
    type: 7,
    says: 'the trial is over: tell your statistics and end',
    fields: {},
    payload: 0,
  },
  frameTaken: {
    type: 8,
    says: "a source has taken a frame; it had arrived at this time of the gateway's clock",
    fields: { frame: 'u32', arrivedAtMs: 'f64', width: 'u32', height: 'u32' },
    payload: 0,
  },
  offer: { type: 9, says: 'a source has tiles to give', fields: { sequence: 'u32' }, payload: 0 },
  withdraw: {
    type: 10,
    says: 'nothing is left of that offer',
    fields: { sequence: 'u32' },
    payload: 0,
  },
  ask: {
    type: 11,
    says: 'an idle edge wants a victim; the offer that it found empty, if any',
    fields: { emptyVictim: 'text', emptySequence: 'u32' },
    payload: 0,
  },
  victim: {
    type: 12,
    says: 'the answer to ask: whom to steal from',
    fields: { name: 'text', address: 'text', port: 'u16', sequence: 'u32' },
    payload: 0,
  },
  steal: { type: 13, says: 'give me a tile', fields: {}, payload: 0 },
  task: {
    type: 14,
    says: 'a tile, leased to the thief: floats, or the pixels it is made of; halos to use, and who has them',
    fields: {
      frame: 'u32',
      tile: 'u32',
      encoding: 'u8',
      pictureWidth: 'u32',
      pictureHeight: 'u32',
      cropX: 'u32',
      cropY: 'u32',
      cropWidth: 'u32',
      cropHeight: 'u32',
      sides: 'u8',
      halos: 'numbers',
      holders: 'texts',
    },
    payload: TENSOR,
  },
  nothing: { type: 15, says: 'no tile is left to steal', fields: {}, payload: 0 },
  result: {
    type: 16,
    says: "a tile's output",
    fields: { source: 'text', frame: 'u32', tile: 'u32' },
    payload: TENSOR,
  },
  tileDone: {
    type: 17,
    says: 'the gateway holds this stolen tile: its lease is over',
    fields: { frame: 'u32', tile: 'u32' },
    payload: 0,
  },
  edgeLost: {
    type: 18,
    says: 'an edge is gone: what it held goes out again',
    fields: { name: 'text' },
    payload: 0,
  },
  detections: {
    type: 19,
    says: 'what a frame shows, as JSON',
    fields: { source: 'text', frame: 'u32', latencyMs: 'f64', mapDigest: 'text' },
    payload: 4 * MEBIBYTE,
  },
  frameLost: {
    type: 20,
    says: 'a frame will never complete, and why',
    fields: { source: 'text', frame: 'u32', reason: 'prose' },
    payload: 0,
  },
  nodeLost: {
    type: 22,
    says: 'the gateway has given a node up, and why',
    fields: { name: 'text', reason: 'prose', lostAtMs: 'f64' },
    payload: 0,
  },
  nodeJoined: {
    type: 23,
    says: 'a node is there, or there again, while the trial runs',
    fields: { name: 'text', joinedAtMs: 'f64' },
    payload: 0,
  },
  finished: {
    type: 21,
    says: 'every frame is finished or lost',
    fields: { makespanMs: 'f64' },
    payload: 0,
  },
  profile: {
    type: 30,
    says: 'what an edge has measured of itself and of its link, as JSON',
    fields: {},
    payload: MEBIBYTE / 16,
  },
  deal: {
    type: 31,
    says: 'a frame is dealt out: who computes which part of it, as JSON',
    fields: { deal: 'u32', source: 'text', frame: 'u32', width: 'u32', height: 'u32' },
    payload: MEBIBYTE,
  },
  cancelDeal: {
    type: 32,
    says: 'that deal is void: its frame will be dealt anew',
    fields: { deal: 'u32' },
    payload: 0,
  },
  picture: {
    type: 33,
    says: "a dealt frame, whole, to be cut by the gateway: the network's floats, or pixels",
    fields: { deal: 'u32', encoding: 'u8' },
    payload: TENSOR,
  },
  piece: {
    type: 34,
    says: 'a region of the map before a stage, or of the frame before the first: floats, or pixels',
    fields: { deal: 'u32', stage: 'u16', piece: 'u32', encoding: 'u8' },
    payload: TENSOR,
  },
  output: {
    type: 35,
    says: "a part's output at the last stage",
    fields: { deal: 'u32', part: 'u32' },
    payload: TENSOR,
  },
  peerGone: {
    type: 36,
    says: 'this edge and that one cannot reach each other; the newest deal that may have suffered',
    fields: { name: 'text', newest: 'u32' },
    payload: 0,
  },
  edgeHere: {
    type: 40,
    says: 'an edge that may hold halos has joined, and where it listens',
    fields: { name: 'text', address: 'text', port: 'u16' },
    payload: 0,
  },
  fetchHalos: {
    type: 41,
    says: 'give me these parts of the halos that a tile has left with you',
    fields: { request: 'u32', source: 'text', frame: 'u32', tile: 'u32', parts: 'numbers' },
    payload: 0,
  },
  halos: {
    type: 42,
    says: 'the parts that were asked for, one after the other, as floats',
    fields: { request: 'u32' },
    payload: TENSOR,
  },
  leaveHalos: {
    type: 47,
    says: 'what a tile has left for its neighbours, for the gateway to keep: those parts, as floats',
    fields: { source: 'text', frame: 'u32', tile: 'u32', parts: 'numbers' },
    payload: TENSOR,
  },
  halosGone: {
    type: 43,
    says: 'they are not here, or not any more',
    fields: { request: 'u32' },
    payload: 0,
  },
  replan: {
    type: 44,
    says: 'the halos of that neighbour cannot be had: give me the tile without them',
    fields: { frame: 'u32', tile: 'u32', gone: 'u32' },
    payload: 0,
  },
  leaseOver: {
    type: 46,
    says: 'the answer to replan where the tile is nothing of yours any more',
    fields: { frame: 'u32', tile: 'u32' },
    payload: 0,
  },
  frameOver: {
    type: 45,
    says: 'nobody will ask for halos of this frame of mine any more',
    fields: { frame: 'u32' },
    payload: 0,
  },
  probe: {
    type: 37,
    says: 'a payload of zeros that is timed, from an edge that has joined, and the answer to it',
    fields: {},
    payload: MEBIBYTE / 4,
  },
  partsDone: {
    type: 38,
    says: 'an edge has computed its parts of a deal, in so many milliseconds; its delay to the gateway',
    fields: { deal: 'u32', computeMs: 'f64', delayMs: 'f64' },
    payload: 0,
  },
} as const satisfies Readonly<Record<string, MessageRow>>;

type Table = typeof MESSAGES;
export type MessageKind = keyof Table;
export type MessageOf<Kind extends MessageKind> = { readonly kind: Kind } & {
  readonly [Field in keyof Table[Kind]['fields']]: FieldValue<Table[Kind]['fields'][Field]>;
};
export type Message = { [Kind in MessageKind]: MessageOf<Kind> }[MessageKind];

const KIND_OF_TYPE = new Map<number, MessageKind>(
  Object.entries(MESSAGES).map(([kind, row]) => [row.type, kind as MessageKind]),
);

/** A type's number from the wire as its name; undefined for one that does not exist. */
export function messageKind(type: number): MessageKind | undefined {
  return KIND_OF_TYPE.get(type);
}

/** The message's fields as bytes, little-endian, in the table's order. */
export function encodeFields(message: Message): Buffer {
  const values = message as unknown as Readonly<Record<string, FieldValue<FieldType>>>;
  return Buffer.concat(
    fieldsOf(message.kind).map(([name, type]) => encodeField(type, values[name]!, name)),
  );
}

/** Throws a TilebedError (PROTOCOL) unless `bytes` holds exactly the fields of that kind. */
export function decodeFields(kind: MessageKind, bytes: Buffer): Message {
  const reader = new FieldReader(bytes, (problem) => malformed(kind, problem));
  const values = fieldsOf(kind).map(([name, type]) => [name, reader.read(type, name)] as const);
  reader.end();
  return { kind, ...Object.fromEntries(values) } as unknown as Message;
}

export function hasLists(kind: MessageKind): boolean {
  return fieldsOf(kind).some(([, type]) => type === 'numbers' || type === 'texts');
}

function fieldsOf(kind: MessageKind): [string, FieldType][] {
  return Object.entries(MESSAGES[kind].fields) as [string, FieldType][];
}

function malformed(kind: MessageKind, problem: string): TilebedError {
  return new TilebedError('PROTOCOL', `a ${kind} message ${problem}`);
}

/** The table as Markdown, for docs/protocol.md. */
export function messageTable(): string {
  const rows = Object.entries(MESSAGES).map(([kind, row]) => {
    const fields = Object.entries(row.fields).map(([name, type]) => `${name} ${type}`);
    const payload = row.payload === 0 ? '' : `up to ${row.payload / MEBIBYTE} MiB`;
    return `| ${row.type} | ${kind} | ${fields.join(', ')} | ${payload} | ${row.says} |`;
  });
  return [
    '| type | message | fields | payload | says |',
    '| --: | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
