/**
 * The substitution expressions of NAPTR (RFC 3402 §3.2) as ENUM uses them: `!^.*$!sip:info@pbx.example!`,
 * `!^\+49(.*)$!sip:\1@pbx.example!i`. Strangers write them, so only a part of POSIX extended expressions is taken:
 * anchored at both ends; characters, `.`, character sets, groups; repetition of a single item only (never of a group),
 * four times at most; no alternatives. On a subject of 16 characters that bounds the work to some thousand steps.
 * Anything else is refused, never guessed at.
 */

const maxLength = 255;
const maxSubject = 16;
const maxRepetitions = 4;
const maxBound = 15;
const special = '.*+?^${}()|[]\\/';

/**
 * Applies `expression` to `subject`.
 * @param subject at most 16 characters; an E.164 number with its `+`
 * @returns what takes the subject's place, at most 255 characters; null = no match, or an expression that is refused
 */
export function substitute(expression: string, subject: string): string | null {
  if (expression.length > maxLength || subject.length > maxSubject) return null;
  const fields = fieldsOf(expression);
  if (fields === null) return null;
  const pattern = patternOf(fields.pattern);
  if (pattern === null) return null;
  const match = new RegExp(pattern, fields.flags).exec(subject);
  if (match === null) return null;
  const result = fields.replacement.replace(/\\(.)/g, (_whole, next: string) => (next >= '1' && next <= '9' ? match[Number(next)] ?? '' : next));
  return result.length > maxLength ? null : result;
}

interface Fields {
  readonly pattern: string;
  readonly replacement: string;
  readonly flags: '' | 'i';
}

/** Takes the expression apart at its delimiter, the first character; one behind a backslash is meant as itself. */
function fieldsOf(expression: string): Fields | null {
  const delimiter = expression.charAt(0);
  if (!/^[!-~]$/.test(delimiter) || /^[0-9i\\]$/i.test(delimiter)) return null;
  const parts = [''];
  for (let i = 1; i < expression.length; i++) {
    const char = expression.charAt(i);
    if (char === delimiter) {
      parts.push('');
      continue;
    }
    let taken = char;
    if (char === '\\' && i + 1 < expression.length) {
      i += 1;
      const next = expression.charAt(i);
      taken = next === delimiter ? next : `\\${next}`;
    }
    parts[parts.length - 1] += taken;
  }
  const [pattern = '', replacement = '', flags = ''] = parts;
  if (parts.length !== 3 || pattern === '' || (flags !== '' && flags.toLowerCase() !== 'i')) return null;
  return { pattern, replacement, flags: flags === '' ? '' : 'i' };
}

/** The expression as one of JavaScript, whole match only; null when it goes beyond what is taken. */
function patternOf(text: string): string | null {
  const whole = /^\^(.*)\$$/.exec(text)?.[1] ?? /^\(\^(.*)\$\)$/.exec(text)?.[1];
  if (whole === undefined) return null;
  const grouped = text.startsWith('(');
  const body = bodyOf(whole);
  return body === null ? null : grouped ? `^(${body})$` : `^${body}$`;
}

/** One character class or character at the start of the rest; the whole of what `patternOf` knows beside groups. */
const itemForms = /^(?:\.|\[\^?\]?[^\][\\]*\]|\\[^0-9A-Za-z]|[^.*+?^${}()|[\]\\])/;
const repetitionForm = /^(?:[*+?]|\{(\d{1,2})(?:,(\d{0,2}))?\})/;

function bodyOf(text: string): string | null {
  let body = '';
  let depth = 0;
  let repetitions = 0;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '(' || char === ')') {
      depth += char === '(' ? 1 : -1;
      if (depth < 0) return null;
      body += char;
      at += 1;
      continue;
    }
    const item = itemForms.exec(text.slice(at))?.[0];
    if (item === undefined) return null;
    at += item.length;
    const repetition = repetitionForm.exec(text.slice(at));
    body += ownForm(item);
    if (repetition === null) continue;
    repetitions += 1;
    if (repetitions > maxRepetitions || Number(repetition[1] ?? 0) > maxBound || Number(repetition[2] ?? 0) > maxBound) return null;
    if (repetition[2] !== undefined && repetition[2] !== '' && Number(repetition[2]) < Number(repetition[1])) return null;
    body += repetition[0];
    at += repetition[0].length;
  }
  return depth === 0 && isBuildable(body) ? body : null;
}

/** An item in JavaScript's spelling. In a POSIX set a backslash is refused and `]` in front is itself. */
function ownForm(item: string): string {
  if (item === '.') return item;
  if (item.startsWith('[')) return item.replace(/^\[(\^?)\]/, '[$1\\]').replaceAll('/', '\\/');
  const char = item.startsWith('\\') ? item.charAt(1) : item;
  return special.includes(char) ? `\\${char}` : char;
}

/** A set may still hold a range the wrong way round. */
function isBuildable(body: string): boolean {
  try {
    return new RegExp(body).source !== '';
  } catch {
    return false;
  }
}
