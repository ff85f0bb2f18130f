/** Checks a document against a schema, and says each fault in words that a person would use. */
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { TSchema } from 'typebox';
import type { Path, SpecDocument } from './document.ts';
import type { SpecFault } from './faults.ts';

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false });

export function checkSchema(document: SpecDocument, schema: TSchema): SpecFault[] {
  const validate = ajv.compile(schema);
  if (validate(document.value)) return [];
  const errors = (validate.errors ?? []).filter(isTelling);
  return errors
    .filter((error) => isFirstOfItsType(error, errors))
    .map((error) => describe(document, error, errors));
}

/**
 * Where a value may have several types, every one of them complains; what is wrong with the value as one
 * of them says more than that it is none of the others.
 */
function isFirstOfItsType(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (error.keyword !== 'type') return true;
  const { instancePath } = error;
  const better = errors.some(
    (other) =>
      other.instancePath.startsWith(`${instancePath}/`) ||
      (other.instancePath === instancePath && other.keyword !== 'type'),
  );
  return !better && sameTypeErrors(error, errors)[0] === error;
}

function sameTypeErrors({ instancePath }: ErrorObject, errors: readonly ErrorObject[]) {
  return errors.filter((other) => other.keyword === 'type' && other.instancePath === instancePath);
}

/** Errors of a branch or of a key's name only repeat what another error says better. */
function isTelling({ keyword }: ErrorObject): boolean {
  return !['if', 'anyOf', 'oneOf', 'not', 'propertyNames'].includes(keyword);
}

function describe(
  document: SpecDocument,
  error: ErrorObject,
  errors: readonly ErrorObject[],
): SpecFault {
  const path = pointerPath(error.instancePath);
  const name = path.length === 0 ? 'the file' : `\`${path.join('.')}\``;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty']);
      const known = knownKeys(error);
      const best = closest(key, known);
      const keys =
        known.length > 0 ? `known keys: ${known.join(', ')}` : `names match ${patternOf(error)}`;
      const hint = best === undefined ? keys : `did you mean \`${best}\`?`;
      return document.fault([...path, key], `unknown key \`${key}\``, { hint, at: 'key' });
    }
    case 'required': {
      const key = String(error.params['missingProperty']);
      return document.fault(path, `${name} needs \`${key}\``, {
        hint: descriptionOf(error, key),
        at: 'key',
      });
    }
    case 'enum': {
      const allowed = (error.params['allowedValues'] as unknown[]).map(String);
      const best = closest(String(error.data), allowed);
      const hint = best === undefined ? undefined : `did you mean \`${best}\`?`;
      return document.fault(
        path,
        // Whoever writes a password into a file need not find it in a log as well.
        path.at(-1) === 'password'
          ? `${name} must be \`${allowed.join(', ')}\`, and no password itself`
          : `${name} must be one of ${allowed.join(', ')}, not ${show(error.data)}`,
        { hint },
      );
    }
    case 'type': {
      // Several, too, where one schema takes several types.
      const types = sameTypeErrors(error, errors).flatMap(({ params }) =>
        [params['type'] as string | string[]].flat().map(article),
      );
      // `512` for a memory wants the example more than the word `text`.
      const { pattern, description } = (error.parentSchema ?? {}) as Record<string, unknown>;
      const wanted = types.length === 1 && pattern !== undefined ? description : undefined;
      return document.fault(
        path,
        `${name} must be ${wanted ?? types.join(' or ')}, not ${show(error.data)}`,
      );
    }
    case 'pattern': {
      const wanted = (error.parentSchema as { description?: string } | undefined)?.description;
      return document.fault(
        path,
        `${name} must be ${wanted ?? `text that matches ${error.params['pattern']}`}, not ${show(error.data)}`,
      );
    }
    case 'minimum':
    case 'maximum':
      return document.fault(
        path,
        `${name} must be ${error.keyword === 'minimum' ? 'at least' : 'at most'} ${error.params['limit']}, not ${show(error.data)}`,
      );
    case 'exclusiveMinimum':
      return document.fault(
        path,
        `${name} must be more than ${error.params['limit']}, not ${show(error.data)}`,
      );
    case 'minItems':
      return document.fault(path, `${name} needs at least ${entries(error.params['limit'])}`);
    case 'uniqueItems':
      return document.fault(
        [...path, Number(error.params['i'])],
        `${name} names ${show((error.data as unknown[])[Number(error.params['i'])])} twice`,
      );
    default:
      return document.fault(path, `${name} ${error.message ?? 'is wrong'}`);
  }
}

function pointerPath(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function knownKeys({ parentSchema }: ErrorObject): string[] {
  return Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
}

function patternOf({ parentSchema }: ErrorObject): string {
  return Object.keys(
    (parentSchema as { patternProperties?: object } | undefined)?.patternProperties ?? {},
  ).join(', ');
}

function descriptionOf({ parentSchema }: ErrorObject, key: string): string | undefined {
  const properties = (parentSchema as { properties?: Record<string, { description?: string }> })
    .properties;
  return properties?.[key]?.description;
}

function article(type: string): string {
  const names: Readonly<Record<string, string>> = {
    object: 'a mapping',
    array: 'a list',
    string: 'text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  return names[type] ?? type;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return `\`${String(value)}\``;
}

/** The candidate at a Levenshtein distance of at most a third of the word, if there is one. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({
      candidate,
      distance: editDistance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, word.length / 3)
    ? best.candidate
    : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (letter === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, change));
    }
    row = next;
  }
  return row.at(-1)!;
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
