// PatLibrary.cpp - read functions of `pat` patterns, and put them in the place of nodes
#include "PatLibrary.h"

#include "GraphImporter.h"

#include "onnx/onnx_pb.h"

#include "jacquard/Dialect/Pat/IR/PatDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

static constexpr const char *domainAttr = "jacquard.domain", *opAttr = "jacquard.op",
                            *attributesAttr = "jacquard.attributes";

static std::string keyOf(StringRef domain, StringRef op) { return domainName(domain) + ":" + op.str(); }

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static Error errorAt(Location loc, const std::string &path, const llvm::Twine &text) {
  if (auto place = dyn_cast<FileLineColLoc>(loc); place && place.getLine() > 0)
    return Error{(place.getFilename().getValue() + ":" + llvm::Twine(place.getLine()) + ":" +
                  llvm::Twine(place.getColumn()) + ": " + text)
                     .str()};
  return Error{("operator library '" + path + "': " + text).str()};
}

/// The module; of the parser's and verifier's errors the first.
static Result<OwningOpRef<ModuleOp>> parse(MLIRContext *context, StringRef text, const std::string &path) {
  std::optional<Error> first;
  ScopedDiagnosticHandler collect(context, [&](Diagnostic &diagnostic) {
    if (!first && diagnostic.getSeverity() == DiagnosticSeverity::Error)
      first = errorAt(diagnostic.getLocation(), path, diagnostic.str());
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(context), path);
  if (module)
    return module;
  return first ? *first : Error{"operator library '" + path + "' is not MLIR text"};
}

/// The ONNX type that an element type stands for when nothing else is known: integers have signs. 0: for none.
static int32_t plainType(Type element) {
  for (DType type :
       {DType::F32, DType::F64, DType::F16, DType::BF16, DType::Bool, DType::I8, DType::I16, DType::I32, DType::I64})
    if (mlirElementType(element.getContext(), onnxType(type)) == element)
      return onnxType(type);
  return 0;
}

/// Node attributes come in one form each, so that equal ones are identical. Null: a node cannot have such a value.
static Attribute normalize(Attribute value) {
  MLIRContext *context = value.getContext();
  auto isInteger = [](Attribute one) {
    auto integer = dyn_cast<IntegerAttr>(one);
    return integer && integer.getType().isSignlessInteger() && !integer.getType().isInteger(1) &&
           integer.getValue().isSignedIntN(64);
  };
  auto toFloat = [](Attribute one) { return float(cast<FloatAttr>(one).getValueAsDouble()); };
  if (isa<StringAttr, DenseI64ArrayAttr, DenseF32ArrayAttr>(value))
    return value;
  if (isa<FloatAttr>(value))
    return FloatAttr::get(Float32Type::get(context), toFloat(value));
  if (isInteger(value))
    return IntegerAttr::get(IntegerType::get(context, 64), cast<IntegerAttr>(value).getInt());
  auto list = dyn_cast<ArrayAttr>(value);
  if (!list || list.empty())
    return {};
  if (llvm::all_of(list, isInteger))
    return DenseI64ArrayAttr::get(
        context, llvm::map_to_vector(list, [](Attribute one) { return cast<IntegerAttr>(one).getInt(); }));
  if (llvm::all_of(list, llvm::IsaPred<FloatAttr>))
    return DenseF32ArrayAttr::get(context, llvm::map_to_vector(list, toFloat));
  return {};
}

/// The attributes that a function is for; null, with the reason, if nodes cannot have them.
static DictionaryAttr readAttributes(func::FuncOp func, std::string &reason) {
  Attribute given = func->getAttr(attributesAttr);
  if (!given)
    return DictionaryAttr::get(func.getContext());
  auto dictionary = dyn_cast<DictionaryAttr>(given);
  if (!dictionary) {
    reason = std::string("'") + attributesAttr + "' is no dictionary; expected {name = value, ...}";
    return {};
  }
  SmallVector<NamedAttribute> attributes;
  for (NamedAttribute one : dictionary) {
    Attribute value = normalize(one.getValue());
    if (!value) {
      reason = std::string("'") + attributesAttr + "' has a value for '" + one.getName().str() +
               "' that nodes cannot have; expected a number, a string or a list of numbers (empty: array<i64>)";
      return {};
    }
    attributes.emplace_back(one.getName(), value);
  }
  return DictionaryAttr::get(func.getContext(), attributes);
}

static bool isTensorOfModel(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && !tensor.getEncoding() && plainType(tensor.getElementType());
}

static Status checkSignature(func::FuncOp func, const std::string &path) {
  for (StringRef name : {domainAttr, opAttr})
    if (!func->getAttrOfType<StringAttr>(name))
      return errorAt(func.getLoc(), path,
                     "function '" + func.getName() + "' has no string '" + name + "'; expected " + domainAttr +
                         " = \"...\" and " + opAttr + " = \"...\", which say what operator it defines");
  if (func.isDeclaration())
    return errorAt(func.getLoc(), path, "function '" + func.getName() + "' has no body");
  for (Type type : llvm::concat<const Type>(func.getArgumentTypes(), func.getResultTypes()))
    if (!isTensorOfModel(type)) {
      std::string text;
      llvm::raw_string_ostream(text) << type;
      return errorAt(func.getLoc(), path,
                     "function '" + func.getName() + "' takes or gives '" + text +
                         "'; expected static tensors of f16, bf16, f32, f64, i1, i8, i16, i32 or i64");
    }
  if (func.getNumResults() == 0)
    return errorAt(func.getLoc(), path, "function '" + func.getName() + "' gives nothing; expected a tensor");
  return {};
}

static Status checkBody(func::FuncOp func, const std::string &path, int64_t &numOps) {
  if (!func.getBody().hasOneBlock())
    return errorAt(func.getLoc(), path,
                   "function '" + func.getName() + "' has " + llvm::Twine(func.getBody().getBlocks().size()) +
                       " blocks; expected one, of patterns");
  std::optional<Error> first;
  func.getBody().walk([&](Operation *op) {
    ++numOps;
    bool isReturn = isa<func::ReturnOp>(op) && op->getParentOp() == func;
    bool isPattern = isa_and_nonnull<arith::ArithDialect, math::MathDialect, pat::PatDialect>(op->getDialect());
    // A tensor is an index space, which is what patterns are for.
    bool isWhole = !isa_and_nonnull<pat::PatDialect>(op->getDialect()) && !isa<arith::ConstantOp>(op) &&
                   llvm::any_of(op->getResultTypes(), llvm::IsaPred<ShapedType>);
    if (!isReturn && !isPattern)
      first = errorAt(op->getLoc(), path,
                      "'" + op->getName().getStringRef() + "' in function '" + func.getName() +
                          "'; expected operations of pat, arith and math only");
    else if (isWhole)
      first = errorAt(op->getLoc(), path,
                      "'" + op->getName().getStringRef() +
                          "' computes a whole tensor; expected scalars here, and pat.map around them");
    return first ? WalkResult::interrupt() : WalkResult::advance();
  });
  return first ? Status(*first) : Status();
}

Status PatLibrary::addFunction(func::FuncOp func, const std::string &path) {
  if (Status status = checkSignature(func, path); !status)
    return status;
  int64_t numOps = 0;
  if (Status status = checkBody(func, path, numOps); !status)
    return status;
  std::string reason;
  DictionaryAttr attributes = readAttributes(func, reason);
  if (!attributes)
    return errorAt(func.getLoc(), path, reason);
  auto &all = functions[keyOf(func->getAttrOfType<StringAttr>(domainAttr).getValue(),
                              func->getAttrOfType<StringAttr>(opAttr).getValue())];
  for (PatFunction &other : all)
    if (other.func->getParentOp() == func->getParentOp() && other.attributes == attributes &&
        other.func.getArgumentTypes() == func.getArgumentTypes())
      return errorAt(func.getLoc(), path,
                     "function '" + func.getName() + "' defines its operator for the types and attributes of '" +
                         other.func.getName() + "'; expected one function for each");
  all.push_back({func, attributes, numOps});
  return {};
}

Status PatLibrary::add(MLIRContext *context, StringRef text, const std::string &path) {
  context->loadDialect<arith::ArithDialect, func::FuncDialect, math::MathDialect, pat::PatDialect>();
  Result<OwningOpRef<ModuleOp>> module = parse(context, text, path);
  if (!module)
    return module.takeError();
  if ((*module)->getBody()->empty())
    return Error{"operator library '" + path + "' defines no functions; expected func.func with " + domainAttr +
                 " and " + opAttr};
  for (Operation &op : *(*module)->getBody()) {
    auto func = dyn_cast<func::FuncOp>(op);
    if (!func)
      return errorAt(op.getLoc(), path,
                     "'" + op.getName().getStringRef() + "' beside the functions; expected func.func only");
    if (Status status = addFunction(func, path); !status)
      return status;
  }
  modules.push_back(std::move(*module));
  return {};
}

ArrayRef<PatFunction> PatLibrary::find(StringRef domain, StringRef op) const {
  auto found = functions.find(keyOf(domain, op));
  return found == functions.end() ? ArrayRef<PatFunction>() : ArrayRef<PatFunction>(found->second);
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// The node's attributes in the form of a function's. One that no function can be for fails the node.
static DictionaryAttr attributesOf(Node &n) {
  SmallVector<NamedAttribute> attributes;
  for (const auto &given : n.proto.attribute()) {
    const onnx::AttributeProto *attribute = n.findAttr(given.name());
    if (!attribute) // refers to what the call leaves out
      continue;
    Attribute value;
    if (attribute->type() == onnx::AttributeProto::FLOAT)
      value = n.b.getF32FloatAttr(attribute->f());
    else if (attribute->type() == onnx::AttributeProto::INT)
      value = n.b.getI64IntegerAttr(attribute->i());
    else if (attribute->type() == onnx::AttributeProto::STRING)
      value = n.b.getStringAttr(attribute->s());
    else if (attribute->type() == onnx::AttributeProto::INTS)
      value = n.b.getDenseI64ArrayAttr(SmallVector<int64_t>(attribute->ints().begin(), attribute->ints().end()));
    else if (attribute->type() == onnx::AttributeProto::FLOATS)
      value = n.b.getDenseF32ArrayAttr(SmallVector<float>(attribute->floats().begin(), attribute->floats().end()));
    if (!value) {
      n.fail("attribute '" + given.name() +
             "' is no number, string or list of numbers, by which alone functions of "
             "pat are chosen");
      return {};
    }
    attributes.push_back(n.b.getNamedAttr(given.name(), value));
  }
  llvm::StringSet<> names;
  for (NamedAttribute one : attributes)
    if (!names.insert(one.getName()).second) {
      n.fail("attribute '" + one.getName().str() + "' is given twice");
      return {};
    }
  return n.b.getDictionaryAttr(attributes);
}

/// Inputs without absent ones at the end.
static size_t numPresentInputs(const Node &n) {
  size_t count = n.numInputs();
  while (count > 0 && !n.has(count - 1))
    --count;
  return count;
}

static bool takesInputs(const PatFunction &function, const Node &n) {
  func::FuncOp func = function.func;
  if (func.getNumArguments() != numPresentInputs(n))
    return false;
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    if (!n.has(i) || !n.input(i) || n.input(i).getType() != type || isNarrowType(n.type(i)))
      return false;
  return true;
}

static void printAttributes(llvm::raw_ostream &os, DictionaryAttr attributes) {
  if (!attributes.empty())
    os << " " << attributes;
}

/// What the node has and what there is.
static std::string describeMismatch(const Node &n, DictionaryAttr attributes, ArrayRef<PatFunction> functions) {
  constexpr size_t mostListed = 8;
  std::string text;
  llvm::raw_string_ostream os(text);
  bool typesFit = llvm::any_of(functions, [&](const PatFunction &one) { return takesInputs(one, n); });
  os << "no function of the operator library has the node's " << (typesFit ? "attributes" : "input types")
     << ": found (";
  for (size_t i = 0, e = numPresentInputs(n); i < e; ++i) {
    os << (i ? ", " : "");
    if (!n.has(i))
      os << "absent";
    else if (!n.input(i))
      os << (n.item(i).sequence ? "a sequence" : "an empty optional");
    else if (isNarrowType(n.type(i)))
      os << elementTypeName(n.type(i)) << ops::describe(n.shape(i));
    else
      os << n.input(i).getType();
  }
  os << ")";
  printAttributes(os, attributes);
  os << "; expected ";
  for (auto [i, function] : llvm::enumerate(functions.take_front(mostListed))) {
    func::FuncOp func = function.func;
    os << (i ? " or (" : "(");
    llvm::interleaveComma(func.getArgumentTypes(), os);
    os << ")";
    printAttributes(os, function.attributes);
  }
  if (functions.size() > mostListed)
    os << " or " << functions.size() - mostListed << " more";
  return text;
}

/// The ONNX type of result i: the sign is what the model declares, else that of an input of the same width.
static int32_t resultType(const Node &n, size_t i, Type element) {
  MLIRContext *context = element.getContext();
  auto fits = [&](int32_t type) { return !isNarrowType(type) && mlirElementType(context, type) == element; };
  if (int32_t declared = n.graph.declaredType(n.proto.output(int(i))); fits(declared))
    return declared;
  for (size_t input = 0; input < n.numInputs(); ++input)
    if (n.has(input) && fits(n.type(input)))
      return n.type(input);
  return plainType(element);
}

/// Everything in the node's place is the node's, for whoever reports on it later.
static void setLocations(Operation *root, Location loc) {
  root->walk([&](Operation *op) {
    op->setLoc(loc);
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setLoc(loc);
  });
}

void importer::importPatFunction(Node &n, ArrayRef<PatFunction> functions) {
  DictionaryAttr attributes = attributesOf(n);
  if (n.failed())
    return;
  auto *function = llvm::find_if(
      functions, [&](const PatFunction &one) { return one.attributes == attributes && takesInputs(one, n); });
  if (function == functions.end())
    return n.fail(describeMismatch(n, attributes, functions));
  if (n.hasBounds())
    return n.fail("data decides how much of an input is there; a function in pat takes tensors of static shape");
  func::FuncOp func = function->func;
  if (n.numOutputs() > func.getNumResults())
    return n.fail("has " + llvm::Twine(n.numOutputs()) + " outputs; function '" + func.getName() + "' gives " +
                  llvm::Twine(func.getNumResults()));
  if (!n.graph.countExpanded(function->numOps))
    return n.fail("functions expand to more than " + llvm::Twine(mostExpanded) + " nodes and operations");
  IRMapping copies;
  for (auto [i, argument] : llvm::enumerate(func.getArguments()))
    copies.map(argument, n.input(i));
  Block &body = func.getBody().front();
  for (Operation &op : body.without_terminator())
    setLocations(n.b.clone(op, copies), n.loc);
  for (size_t i = 0; i < n.numOutputs(); ++i) {
    Value value = copies.lookupOrDefault(body.getTerminator()->getOperand(i));
    n.result(i, value, resultType(n, i, ops::elementOf(value)));
  }
}
