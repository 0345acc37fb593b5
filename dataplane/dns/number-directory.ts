/** Looks telephone numbers up in DNS (ENUM, RFC 6116), from a cache like that of hosts. */
import type { Clock } from '../runtime/clock.ts';
import type { NumberDirectory } from '../transport/locate.ts';
import { AnswerCache, type CacheOptions, type Loaded } from './answer-cache.ts';
import { enumDomain, enumRules, enumUri, type EnumRule } from './enum.ts';
import type { DnsSource } from './records.ts';

const noUris: readonly string[] = [];
const maxUris = 8;
/** Rules that only lead to another domain; a loop of them ends here. */
const maxReferrals = 3;

interface Question {
  readonly number: string;
  readonly domain: string;
}

export class EnumDirectory implements NumberDirectory {
  readonly #cache: AnswerCache<Question, readonly string[]>;

  constructor(clock: Clock, source: DnsSource, options: CacheOptions = {}) {
    this.#cache = new AnswerCache(clock, noUris, (question) => new EnumSearch(source, question).find(), options);
  }

  enumLookup(number: string, suffix: string, done: (uris: readonly string[]) => void): void {
    const domain = enumDomain(number, suffix);
    if (domain === null) done(noUris);
    else this.#cache.ask(domain, suffix, { number, domain }, done);
  }
}

class EnumSearch {
  private readonly source: DnsSource;
  private readonly question: Question;
  private ttlMs = Infinity;
  private told = true;
  private referrals = 0;

  constructor(source: DnsSource, question: Question) {
    this.source = source;
    this.question = question;
  }

  async find(): Promise<Loaded<readonly string[]>> {
    const value = (await this.urisOf(this.question.domain)).slice(0, maxUris);
    return { value, ttlMs: this.ttlMs, told: this.told || value.length > 0 };
  }

  private async urisOf(domain: string): Promise<readonly string[]> {
    const { records, ttlMs, told } = await this.source.naptr(domain);
    if (told) this.ttlMs = Math.min(this.ttlMs, ttlMs);
    else this.told = false;
    for (const rules of enumRules(records)) {
      const uris: string[] = [];
      for (const rule of rules) uris.push(...await this.apply(rule));
      if (uris.length > 0) return [...new Set(uris)];
    }
    return noUris;
  }

  private async apply(rule: EnumRule): Promise<readonly string[]> {
    if (rule.kind === 'domain') {
      this.referrals += 1;
      return this.referrals > maxReferrals ? noUris : this.urisOf(rule.name);
    }
    const uri = enumUri(rule.expression, this.question.number);
    return uri === null ? noUris : [uri];
  }
}
