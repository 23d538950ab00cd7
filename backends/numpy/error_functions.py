"""erf, erfc and erfinv, which NumPy lacks, to float64 precision."""

import numpy as np

# W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
_SMALL = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594e0,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
_LARGE = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242e0,
        1.87295284992346047e0,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)
_INVERSE_SQRT_PI = 5.6418958354775628695e-1


def _ratio(coefficients, x):
    return np.polyval(coefficients[0], x) / np.polyval(coefficients[1], x)


def _erfc_positive(x):
    """`erfc(x)` for x > 0.46875; exp(-x * x) in two factors, so that x * x loses nothing."""
    x = np.minimum(x, 28.0)  # erfc(28) is 0 in float64
    high = np.trunc(x * 16.0) / 16.0
    gauss = np.exp(-high * high) * np.exp(-(x - high) * (x + high))
    inverse = 1.0 / (x * x)
    middle = _ratio(_MIDDLE, np.minimum(x, 4.0))
    large = (_INVERSE_SQRT_PI - inverse * _ratio(_LARGE, inverse)) / x
    return gauss * np.where(x <= 4.0, middle, large)


def erf(x):
    """The error function of a float array, in its dtype."""
    x = np.asarray(x)
    wide = x.astype(np.float64)
    size = np.abs(wide)
    small = np.minimum(size, 0.46875)
    inner = wide * _ratio(_SMALL, small * small)
    outer = np.copysign(1.0 - _erfc_positive(np.maximum(size, 0.46875)), wide)
    return np.where(size <= 0.46875, inner, outer).astype(x.dtype)


def erfc(x):
    """`1 - erf(x)` of a float array, exact in the upper tail, in its dtype."""
    x = np.asarray(x)
    wide = x.astype(np.float64)
    size = np.abs(wide)
    small = np.minimum(size, 0.46875)
    inner = 1.0 - wide * _ratio(_SMALL, small * small)
    tail = _erfc_positive(np.maximum(size, 0.46875))
    return np.where(size <= 0.46875, inner, np.where(wide < 0, 2.0 - tail, tail)).astype(x.dtype)


# M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Appl. Statist. 37 (1988).
_CENTER = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
_NEAR = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
_FAR = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)


def erfinv(y):
    """The inverse of erf on [-1, 1], NaN outside, in the dtype of `y`."""
    y = np.asarray(y)
    wide = y.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        half = wide / 2.0  # the distance of the probability from one half
        center = half * _ratio(_CENTER, 0.180625 - np.clip(half, -0.425, 0.425) ** 2)
        tail = np.sqrt(-np.log((1.0 - np.abs(wide)) / 2.0))
        bounded = np.minimum(tail, 30.0)
        outer = np.where(bounded <= 5.0, _ratio(_NEAR, bounded - 1.6), _ratio(_FAR, bounded - 5.0))
        outer = np.where(np.isinf(tail), np.inf, outer)
        normal = np.where(np.abs(half) <= 0.425, center, np.copysign(outer, wide))
        return np.where(np.abs(wide) <= 1.0, normal / np.sqrt(2.0), np.nan).astype(y.dtype)
