/**
 * What is said of a trouble that no change of one's own brings: others' outages, neighbours on a host, time that ran out.
 * Where that is said, a change that merely came near is less likely to be it.
 */
type Explanation = { readonly why: string; readonly words: RegExp };

const troubled =
  '(?:5\\d\\d\\b|unavailable|outage|down\\b|fail\\w*|errors?\\b|slow\\s?down|throttl\\w*|time\\w*\\s?out\\w*|degraded|refused|reset|unreachable|rate.?limit\\w*)';
const outside =
  '(?:\\bs3\\b|amazonaws|googleapis|\\bgcs\\b|azure|cloudfront|cloudflare|akamai|dynamodb|third.?party|external (?:api|service|provider|vendor)|provider|payment gateway|vendor|isp\\b|region(?:al)?\\b|availability zone)';

export const otherExplanations: readonly Explanation[] = [
  {
    why: 'what is called outside is not well',
    words: new RegExp(`${outside}.{0,80}${troubled}|${troubled}.{0,60}${outside}`, 'i'),
  },
  {
    why: 'something else on the host takes its means',
    words:
      /\b(node|host|neighbou?r\w*|hypervisor)\b.{0,60}\b(contended|contention|contending|pressure|starv\w*|overcommit\w*|steal|noisy|under increasing)|cpu[- ]?starved|\b(run ?queue|scheduler) delay|\bcpu contended|cpu steal/i,
  },
  {
    why: 'the host itself is not well',
    words:
      /\b(node|host|instance|machine|disk|nic)\b.{0,40}\b(not ?ready|preempt\w*|terminated|rebooted|evicted|hardware|degraded|failed|lost)\b|spot (interruption|termination)/i,
  },
  {
    why: 'something ran out by the calendar',
    words: /certificate (has |is )?expired|x509: .*expired|token (has )?expired|licen[cs]e (has )?expired/i,
  },
  {
    why: 'more is asked than ever',
    words: /\b(ddos|attack|traffic (spike|surge|flood)|thundering herd|bot traffic|flash (sale|crowd))\b/i,
  },
];

/** Why no change of one's own need have brought it; undefined where nothing of the kind is said. */
export function otherExplanation(texts: readonly string[]): string | undefined {
  return otherExplanations.find(({ words }) => texts.some((text) => words.test(text)))?.why;
}
