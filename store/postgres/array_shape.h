// store/postgres/array_shape.h: which arrays a statement takes, and how it reads them as rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/arrays.h"

namespace herald::store {

/// The columns of the arrays, which a statement reads as the rows v.
struct ArrayShape {
    std::vector<std::string_view> names;
    std::vector<Element> elements;

    void operator()(std::string_view name, const auto& value) { add(name, element_of(value)); }
    ArrayShape& add(std::string_view name, Element element) {
        names.push_back(name);
        elements.push_back(element);
        return *this;
    }
    /// "unnest($1::bigint[], $2::text[]) AS v(id, aor)"
    std::string rows() const {
        const auto parameter = [this](std::string_view, std::size_t place) {
            return "$" + std::to_string(place) +
                   "::" + std::string(array_type(elements[place - 1]));
        };
        return "unnest(" + listed(names, parameter) + ") AS v(" + listed(names) + ")";
    }
};

template <class Table>
ArrayShape shape_of() {
    ArrayShape shape;
    const typename Table::Record row{};
    Table::each(row, shape);
    return shape;
}

/// Writes rows of all columns.
template <class Table>
std::string insert_sql_of() {
    const auto names = column_names<Table>();
    return "INSERT INTO " + std::string(Table::name) + " (" + listed(names) + ") SELECT " +
           listed(names) + " FROM " + shape_of<Table>().rows();
}

}  // namespace herald::store
