// FloorplanTest.cpp - the picture shows every unit and link, is well-formed and always the same
#include "Netlists.h"

#include "jacquard/Mapper/Floorplan.h"
#include "jacquard/Mapper/Map.h"

namespace jacquard::mapper {
namespace {

size_t count(const std::string &text, const std::string &what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
    ++n;
  return n;
}

/// Every tag is closed in the right order; no stray markup in texts.
void expectWellFormed(const std::string &xml) {
  std::vector<std::string> open;
  for (size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const size_t end = xml.find_first_of("<>", at + 1);
    ASSERT_NE(end, std::string::npos);
    ASSERT_EQ(xml[end], '>') << xml.substr(at, 80);
    const bool closes = xml[at + 1] == '/';
    const size_t begin = at + 1 + closes;
    const std::string name = xml.substr(begin, xml.find_first_of(" />", begin) - begin);
    if (closes) {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), name);
      open.pop_back();
    } else if (xml[end - 1] != '/') {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST(FloorplanTest, ShowsUnitsAndRoutes) {
  const FabricModel model = presetModel("plasticine");
  const Problem problem = NetlistMaker(model, 5).make(0.5, 0.3, 8);
  Result<Mapping> mapping = mapOntoFabric(problem, model);
  ASSERT_TRUE(mapping) << mapping.error();
  const std::string svg = floorplanSvg(problem, *mapping, model, "digits_cnn");
  expectWellFormed(svg);
  EXPECT_EQ(svg.find("<svg xmlns=\"http://www.w3.org/2000/svg\""), 0u);
  EXPECT_NE(svg.find("<title>digits_cnn</title>"), std::string::npos);
  for (const Unit &unit : problem.units)
    EXPECT_NE(svg.find(": " + describe(unit) + "</title>"), std::string::npos) << unit.name;
  size_t links = 0;
  for (unsigned net = 0; net < 3; ++net)
    links += count(svg, std::string("<title>") + networkKindName(NetworkKind(net)) + " (");
  EXPECT_GT(links, 0u);
  EXPECT_EQ(svg, floorplanSvg(problem, *mapping, model, "digits_cnn"));
}

TEST(FloorplanTest, EscapesNames) {
  const FabricModel model = presetModel("tiny");
  Problem problem;
  problem.units.add({UnitKind::Compute, "a<b>&\"c\"\n", "<script>"});
  Result<Mapping> mapping = mapOntoFabric(problem, model);
  ASSERT_TRUE(mapping);
  const std::string svg = floorplanSvg(problem, *mapping, model, "x < y & z");
  expectWellFormed(svg);
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
  EXPECT_NE(svg.find("x &lt; y &amp; z"), std::string::npos);
}

TEST(FloorplanTest, EmptyMappingIsAPicture) {
  expectWellFormed(floorplanSvg({}, {}, presetModel("tiny")));
}

} // namespace
} // namespace jacquard::mapper
