import { AclError, chainOf, type ResourceChain, type Right } from '@arpa2amqp/acl';
import { requirementsOf, templatesOf, type CommandDescription, type GivenWords, type Need } from '@arpa2amqp/shell';

/** One right to be held on one of some resources. */
export interface AccessQuestion {
  readonly right: Right;
  readonly resources: ResourceChain;
  /** True when the resource is named after variables of which none was given. */
  readonly isUnnamed: boolean;
}

/** What has to be asked before a command may run: nothing, or each of some; or why it may not run for anybody. */
export type AccessQuestions =
  | { readonly kind: 'open' }
  | { readonly kind: 'asked'; readonly questions: readonly AccessQuestion[] }
  | { readonly kind: 'undeclared' | 'unnamed'; readonly reason: string };

const OPEN: AccessQuestions = Object.freeze({ kind: 'open' });

/** What a command as given needs, in the terms of access control lists. */
export function questionsOf(command: CommandDescription, given: GivenWords): AccessQuestions {
  if (command.open === true) return OPEN;
  const required = requirementsOf(command, given);
  switch (required.kind) {
    case 'open':
      return OPEN;
    case 'undeclared':
      return { kind: 'undeclared', reason: 'its shell does not declare what it needs in this form' };
    case 'unnamed':
      return required;
    case 'required':
      break;
  }
  try {
    const questions = required.requirements.flatMap(({ rights, class: className, instances, isUnnamed }) => {
      const resources = chainOf(className, ...instances);
      // The kit has checked that they are letters of rights.
      return rights.map((right) => ({ right: right as Right, resources, isUnnamed }));
    });
    return { kind: 'asked', questions };
  } catch (error) {
    if (!(error instanceof AclError)) throw error;
    return { kind: 'unnamed', reason: error.message };
  }
}

/** Why nobody may run a command as it was given. */
export function whyNobody({ kind, reason }: Extract<AccessQuestions, { readonly reason: string }>): string {
  return kind === 'unnamed'
    ? `Not run, since it is not clear what it is about: ${reason}`
    : `Nobody may do this: ${reason}`;
}

/** The resources that a need asks of whatever the values of variables are; null when one of them can have no list. */
export function fixedResources(need: Need): ResourceChain | null {
  const instances = templatesOf(need).flatMap((template) => {
    const instance = template.fill({});
    return instance.kind === 'filled' ? [instance.text] : [];
  });
  try {
    return chainOf(need.class, ...instances);
  } catch (error) {
    if (!(error instanceof AclError)) throw error;
    return null;
  }
}
