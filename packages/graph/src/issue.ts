import * as v from 'valibot';
import { quote } from './quote.js';
import { show } from './show.js';
import { visible } from './visible.js';

/**
 * What valibot found wrong with a value from outside, in our words: what follows `plan.json: `, and is followed by `; ` and a
 * remedy.
 *
 * - `has the unknown field 'more'`
 * - `the field 'version' is missing`
 * - `the field 'layers.x.scheme' must be a text, not 4`
 *
 * A message that a schema gives itself is taken as it is, after the name of the field.
 * @param at where in the whole the checked value stands, before the issue's own path
 */
export function describeIssue(issue: v.BaseIssue<unknown>, at = ''): string {
  const own = v.getDotPath(issue);
  const path = [at, own].filter(Boolean).join('.');
  const field = path === '' ? 'it' : `the field ${quote(path)}`;
  if (issue.type.startsWith('strict_') && issue.expected === 'never')
    return `has the unknown field ${quote(path)}`;
  const isDefault = /^Invalid [\w ]+: (Expected .* but r|R)eceived /s.test(issue.message);
  if (!isDefault) {
    if (own === null) return issue.message;
    return /^(must|has|is|needs|names) /.test(issue.message)
      ? `${field} ${issue.message}`
      : `${field}: ${issue.message}`;
  }
  if (issue.received === 'undefined') return `${field} is missing`;
  return `${field} must ${requirementOf(issue)}, not ${receivedOf(issue)}`;
}

function requirementOf({ type, kind, expected, requirement, input }: v.BaseIssue<unknown>): string {
  const limit = show(requirement);
  switch (type) {
    case 'min_value':
      return `be at least ${limit}`;
    case 'max_value':
      return `be at most ${limit}`;
    case 'gt_value':
      return `be more than ${limit}`;
    case 'lt_value':
      return `be less than ${limit}`;
    case 'integer':
    case 'safe_integer':
      return 'be an integer';
    case 'finite':
      return 'be finite';
    case 'min_length':
      return `have at least ${limit} ${unitOf(input, requirement)}`;
    case 'max_length':
      return `have at most ${limit} ${unitOf(input, requirement)}`;
    case 'length':
      return `have ${limit} ${unitOf(input, requirement)}`;
    case 'base64':
      return 'be base64';
    case 'iso_timestamp':
      return 'be a time such as 2026-01-31T12:00:00.000Z';
    case 'parse_json':
      return 'be JSON';
    case 'regex':
      return `match ${String(requirement)}`;
    default:
      return kind === 'schema' ? `be ${kindsIn(expected ?? '')}` : `be ${expected ?? 'another'}`;
  }
}

const unitOf = (input: unknown, count: unknown): string => {
  const [one, many] = typeof input === 'string' ? ['character', 'characters'] : ['entry', 'entries'];
  return count === 1 ? one! : many!;
};

const kinds: Readonly<Record<string, string>> = {
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object',
  Function: 'a function',
};

/** valibot writes `number`, `"a"`, `("a" | "b")`. */
const kindsIn = (expected: string): string =>
  expected
    .replace(/^\(|\)$/g, '')
    .split(' | ')
    .map((each) => kinds[each] ?? each)
    .join(' or ');

/** Of a length it is the length that is wrong. */
function receivedOf({ type, input, received }: v.BaseIssue<unknown>): string {
  if (type.endsWith('length')) return visible(received.slice(0, 40));
  return Array.isArray(input) ? 'a list' : show(input);
}
