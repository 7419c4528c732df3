// http/cells.cpp: one of the parts that a server's state is moved by.
#include "base/text.h"
#include "http/routes.h"

namespace herald::http {

Result<Answer> give_cell(const Call& call) {
    const auto cell = base::to_u64(call.captured[0]);
    if (!cell) return Fault{FaultKind::malformed, "A cell is a number"};
    const auto given = call.context.admin.give(*cell);
    if (!given) return given.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
