// tests/unit/cli/account_file_test.cpp: accounts as other programs keep them.
#include "cli/account_file.h"

#include <doctest/doctest.h>

namespace herald::cli::account_file_test {

TEST_CASE("accounts of a table with a heading, in any order of columns") {
    const auto accounts = read_csv_accounts(
        "\xEF\xBB\xBFpassword,aor,role,resources\r\n"
        "\"se,cr\"\"et\",sip:alice@example.com,,\r\n\r\n"
        "x,sip:pbx@example.com,publisher,*@example.com sip:bob@example.com\r\n");

    REQUIRE(accounts);
    REQUIRE(accounts->size() == 2);
    CHECK((*accounts)[0].line == 2);
    CHECK((*accounts)[0].password == "se,cr\"et");
    CHECK((*accounts)[1].line == 4);
    CHECK((*accounts)[1].role == "publisher");
    CHECK((*accounts)[1].resources ==
          std::vector<std::string>{"*@example.com", "sip:bob@example.com"});
}

TEST_CASE("a table that is none is refused by its line") {
    CHECK(read_csv_accounts("username,password\na,b\n").fault().detail ==
          "line 1: there is no column aor");
    CHECK(read_csv_accounts("aor,pasword\n").fault().detail.substr(0, 26) ==
          "line 1: \"pasword\" is no co");
    CHECK(read_csv_accounts("aor,password\nsip:a@b.c\n").fault().detail ==
          "line 2: it has not as many cells as the heading");
}

TEST_CASE("Kamailio's subscriber table, as its database writes it out") {
    const auto accounts = read_kamailio_accounts(
        "id\tusername\tdomain\tpassword\tha1\tha1b\n"
        "1\talice\texample.com\tsecret\t\t\n"
        "2\tbob\texample.com\tNULL\t0123456789ABCDEF0123456789abcdef\tx\n");

    REQUIRE(accounts);
    REQUIRE(accounts->size() == 2);
    CHECK((*accounts)[0].aor == "sip:alice@example.com");
    CHECK((*accounts)[0].realm == "example.com");
    CHECK((*accounts)[0].password == "secret");
    CHECK((*accounts)[1].password.empty());
    CHECK((*accounts)[1].ha1_md5 == "0123456789abcdef0123456789abcdef");
    CHECK(read_kamailio_accounts("username,domain,ha1\ncarol,example.com,\n").fault().detail ==
          "line 2: there is neither password nor ha1");
}

TEST_CASE("Asterisk's pjsip.conf: endpoints with what they log in with, templates too") {
    const auto accounts = read_asterisk_accounts(
        "; phones\n"
        "[phone](!)\ntype=endpoint\ncontext=inside\n"
        "[101](phone)\nauth=101-auth ; its own\n"
        "[101-auth]\ntype=auth\nauth_type=userpass\nusername=101\npassword = s3cret\n"
        "[102]\ntype = endpoint\nauth = 102\nfrom_domain=other.example\n"
        "[102]\ntype=auth\nauth_type=md5\nusername=user102\nrealm=other.example\n"
        "md5_cred=0123456789ABCDEF0123456789abcdef\n"
        "[trunk]\ntype=endpoint\n",
        "example.com");

    REQUIRE(accounts);
    REQUIRE(accounts->size() == 2);
    CHECK((*accounts)[0].aor == "sip:101@example.com");
    CHECK((*accounts)[0].password == "s3cret");
    CHECK((*accounts)[1].aor == "sip:102@other.example");
    CHECK((*accounts)[1].username == "user102");
    CHECK((*accounts)[1].ha1_md5 == "0123456789abcdef0123456789abcdef");
    CHECK(read_asterisk_accounts("[1]\ntype=endpoint\nauth=x\n", "b.c").fault().detail ==
          "line 1: there is no [x] with type=auth");
    CHECK(read_asterisk_accounts("[1]\ntype=endpoint\nauth=1\n[1]\ntype=auth\npassword=x\n", "")
              .fault()
              .detail == "line 1: whose domain? Give --domain");
}

}  // namespace herald::cli::account_file_test
