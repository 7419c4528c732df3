// store/records.cpp: makes, copies and ends a Change, whichever kind it is.
#include "store/records.h"

#include <utility>

namespace herald::store {

template <class Row>
Change::Change(Row row) : variant(std::move(row)) {}

template Change::Change(PutPublication);
template Change::Change(RefreshPublication);
template Change::Change(RemovePublication);
template Change::Change(ChangePublications);
template Change::Change(PutSubscription);
template Change::Change(UpdateSubscription);
template Change::Change(TouchSubscription);
template Change::Change(RemoveSubscription);
template Change::Change(PutConfirmation);
template Change::Change(PutMessage);
template Change::Change(RemoveMessage);
template Change::Change(PutAccount);
template Change::Change(RemoveAccount);
template Change::Change(ChangeAccounts);
template Change::Change(PutAlias);
template Change::Change(RemoveAlias);
template Change::Change(ChangePolicies);
template Change::Change(PutToken);
template Change::Change(PutCell);

Change::Change(const Change& other) = default;
Change::Change(Change&& other) noexcept = default;
Change& Change::operator=(const Change& other) = default;
Change& Change::operator=(Change&& other) noexcept = default;
Change::~Change() = default;

}  // namespace herald::store
