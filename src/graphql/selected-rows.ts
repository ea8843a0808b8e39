import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

/**
 * Returns whether the selections on a connection need its rows: that is, select anything except `totalCount`, its own
 * or its `pageInfo`'s. Fields that `@skip` and `@include` leave out count as selected.
 */
export function selectsRows({ fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>) {
  const selectsOther = (
    { selections }: SelectionSetNode,
    isExempt: (name: string, selectionSet: SelectionSetNode | undefined) => boolean,
  ): boolean =>
    selections.some((selection) => {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        return name !== '__typename' && !isExempt(name, selection.selectionSet);
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
      return fragment === undefined || selectsOther(fragment.selectionSet, isExempt);
    });
  const isCount = (name: string) => name === 'totalCount';
  const counts = (name: string, selectionSet: SelectionSetNode | undefined) =>
    isCount(name) ||
    (name === 'pageInfo' && selectionSet !== undefined && !selectsOther(selectionSet, isCount));
  return fieldNodes.some(
    ({ selectionSet }) => selectionSet !== undefined && selectsOther(selectionSet, counts),
  );
}
