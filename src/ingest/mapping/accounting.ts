/**
 * Nothing is lost in silence: every value of a message ends mapped, ignored with a reason, or
 * reported as unread. The ledger of one message keeps which rule took which value, and for what.
 */
import type { MappingIssue } from '../format.ts';
import { EXPLICITLY_EMPTY, leavesOf, type SourceNode } from './source-node.ts';

export interface Mark {
  readonly leaf: SourceNode;
  readonly rule: string;
  readonly target: string;
}

export interface Accounting {
  mapped(mark: Mark): void;
  ignored(subtree: SourceNode, rule: string, because: string): void;
  issue(issue: MappingIssue): void;
  /** A value that could not be converted: it stays unread whatever else reads it. */
  rejected(leaf: SourceNode, rule: string, code: string, text: string): void;
  /** Every leaf once, then what the rules said, in the order of the message. */
  close(root: SourceNode): MappingIssue[];
}

/** Of `""` there is nothing to take: where it deletes or tells of an absence, a rule took it. */
const EMPTY = { rule: 'explicitly-empty', because: 'The sender says that it has no value here.' };

export function openAccounting(): Accounting {
  const mapped = new Map<SourceNode, Mark>();
  const ignored = new Map<SourceNode, { rule: string; because: string }>();
  const rejected = new Map<SourceNode, MappingIssue>();
  const said: MappingIssue[] = [];
  const told = new Set<string>();
  return {
    mapped(mark) {
      if (!mapped.has(mark.leaf)) mapped.set(mark.leaf, mark);
    },
    ignored(subtree, rule, because) {
      for (const leaf of leavesOf(subtree)) {
        if (!ignored.has(leaf)) ignored.set(leaf, { rule, because });
      }
    },
    issue(issue) {
      const what = `${issue.code}|${issue.place}|${issue.text}`;
      // What several rules say of one value is said once.
      if (told.has(what)) return;
      told.add(what);
      said.push(issue);
    },
    rejected(leaf, rule, code, text) {
      if (rejected.has(leaf)) return;
      const issue: MappingIssue = {
        kind: 'rule',
        severity: 'warning',
        code,
        text,
        place: leaf.place,
        rule,
      };
      rejected.set(leaf, issue);
      said.push(issue);
    },
    close(root) {
      const issues: MappingIssue[] = [];
      for (const leaf of leavesOf(root)) issues.push(account(leaf));
      return [...issues, ...said];
    },
  };

  function account(leaf: SourceNode): MappingIssue {
    const { place } = leaf;
    const mark = mapped.get(leaf);
    if (mark && !rejected.has(leaf)) {
      const { rule, target } = mark;
      return { kind: 'mapped', severity: 'information', code: 'mapped', text: target, place, rule };
    }
    const reason = ignored.get(leaf) ?? (leaf.value === EXPLICITLY_EMPTY ? EMPTY : undefined);
    if (reason && !rejected.has(leaf)) {
      const { rule, because } = reason;
      return {
        kind: 'ignored',
        severity: 'information',
        code: 'ignored',
        text: because,
        place,
        rule,
      };
    }
    return {
      kind: 'unread',
      severity: 'information',
      code: 'unread',
      text: 'No rule took this value; it is kept in the original.',
      place,
    };
  }
}
