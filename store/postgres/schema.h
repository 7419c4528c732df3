// store/postgres/schema.h: brings a database to the schema this program knows.
#pragma once

#include <span>
#include <string>

#include "base/embedded.h"
#include "base/result.h"
#include "base/time.h"
#include "store/postgres/session.h"

namespace herald::store {

/// A migration in PostgreSQL's words.
std::string in_postgres(std::string_view sql);

/// Applies those of `known` that are missing, all of them in one transaction, while nobody else
/// does. Faults: io; invalid_configuration where a newer program changed the store, where the
/// tables are some other program's, or the role may not make any.
Status migrate(Session& session, std::span<const base::EmbeddedFile> known, base::WallTime now);

}  // namespace herald::store
