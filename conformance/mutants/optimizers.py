"""Wrong optimizers: how they use their formulas. Wrong formulas are in `update`."""

from kcompat.conformance.mutants.mutation import edited_function
from kcompat.optimizers import Adam, Optimizer

CORRECTED = "ops.divide(ops.multiply(rate, ops.sqrt(bias_2)), bias_1)"
edited_function("Adam", Adam, "no bias correction", CORRECTED, "rate")
edited_function("Adam", Adam, "the first moment corrected alone", CORRECTED, "ops.divide(rate, bias_1)")
edited_function(
    "Adam",
    Adam,
    "bias corrected by the step before",
    "for beta in (self.beta_1, self.beta_2)",
    "+ 0 if beta is self.beta_1 else _bias_correction(beta, iteration + 1) for beta in (self.beta_1, self.beta_2)",
)
ATTRIBUTE = "getattr(self, p.name)"
edited_function(
    "Adam",
    Optimizer,
    "epsilon corrected too: the first form",
    ATTRIBUTE,
    f"{ATTRIBUTE} * (0.0316 if p.name == 'epsilon' else 1.0)",
)
edited_function("SGD", Optimizer, "nesterov ignored", ATTRIBUTE, f"p.name != 'nesterov' and {ATTRIBUTE}")
edited_function("RMSprop", Optimizer, "rho of 0.99", ATTRIBUTE, f"0.99 if p.name == 'rho' else {ATTRIBUTE}")
edited_function("SGD", Optimizer, "slots that stay", "new_state.update(zip(slots,", "dict(zip(slots,")
edited_function("Adam", Optimizer, "counted from 0", "ops.cast(iteration,", "ops.cast(iteration + 1,")
